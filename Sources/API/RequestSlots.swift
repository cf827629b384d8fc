internal import Core
internal import HTTP

/// Bounds how many requests do the same costly thing at a time, and with that the memory that it takes.
///
/// A request whose sender is slow loses its slot when another wants one: see `Ration`.
package final class RequestSlots: Sendable {
    private let ration: Ration
    private let clock: SteadyClock
    private let error: APIError

    /// - Parameter error: what a request is told for which there is no slot.
    init(of count: Int, clock: SteadyClock, whenFull error: APIError) {
        ration = Ration(of: count, clock: clock)
        self.clock = clock
        self.error = error
    }

    /// The number of slots that are taken.
    package var takenCount: Int { ration.taken }

    /// Whether there is a slot, or one that a slow sender must give up; it may be too late when it is used.
    var hasRoom: Bool { ration.hasRoom(for: 1) }

    /// Does something in a slot of its own.
    ///
    /// - Parameters:
    ///   - holder: the other end of the request; nil when it has no part in what is done.
    ///   - patience: how long to wait for a slot.
    /// - Throws: the error of a full house, or what the closure throws.
    func withSlot<Value>(
        for holder: (any ShareHolder)?, waiting patience: Duration = .zero,
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let share = Share(of: ration, holder: holder)
        let end = clock.now + patience
        while !share.hold(1) {
            if clock.now >= end { throw error }
            try await Task.sleep(for: Limits.answerPoll)
        }
        defer { share.release() }
        return try await body()
    }
}
