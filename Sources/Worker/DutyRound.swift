internal import Core
internal import Operations
internal import Queue

/// Decides which duties are due, and does one step of each: no duty starves another, and none that fails ends one.
struct DutyRound {
    private struct Entry {
        let duty: Duty
        var due = Duration.zero
        var isMoreLeft = false
        var outage = Outage()
    }

    private var entries: [Entry]
    private let house: House
    private let clock: SteadyClock

    init(_ duties: [Duty], house: House, clock: SteadyClock) {
        entries = duties.map { Entry(duty: $0) }
        self.house = house
        self.clock = clock
    }

    /// Does one step of each duty that is due.
    ///
    /// - Throws: ``QueueError/termLost``, and nothing else.
    mutating func run() throws {
        house.log.look(house.upkeep)
        defer { house.log.settle(house.upkeep) }
        for index in entries.indices where entries[index].due <= clock.now { try step(&entries[index]) }
    }

    private func step(_ entry: inout Entry) throws {
        let start = clock.now
        do {
            entry.isMoreLeft = try entry.duty.step(house)
            let end = clock.now
            // What has much to do rests three times as long as it works: callers write meanwhile.
            entry.due = entry.isMoreLeft ? end + (end - start) * Self.rest : start + entry.duty.period
            if let duration = entry.outage.succeeded(at: end) {
                house.logger.notice(
                    "keeper duty works again",
                    ["duty": entry.duty.name, "failed_ms": "\(duration.wholeMilliseconds)"])
            }
        } catch QueueError.termLost {
            throw QueueError.termLost
        } catch {
            entry.isMoreLeft = false
            entry.due = clock.now + entry.duty.period
            if entry.outage.failed(at: clock.now) {
                house.logger.error("keeper duty failed", ["duty": entry.duty.name, "error": "\(error)"])
            }
        }
    }

    /// How long a duty with more to do rests, in lengths of its last step.
    private static let rest = 3

    /// How long nothing is due.
    ///
    /// While nothing is written, each round costs more than all else that an idle service does: so there are fewer.
    var pause: Duration {
        let next = (entries.map(\.due).min() ?? .zero) - clock.now
        let isQuiet = house.log.isQuiet && !entries.contains(where: \.isMoreLeft)
        return max(next, isQuiet ? Limits.quietRescuePoll : .zero)
    }
}
