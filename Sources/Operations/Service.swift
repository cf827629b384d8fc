package import Core

/// Something that runs for as long as the process does.
package protocol Service: Sendable {
    var name: String { get }

    /// Runs until the signal is raised and everything begun is in order.
    ///
    /// - Throws: when it cannot go on; the process then stops.
    func run(until stop: StopSignal) async throws
}

/// A service that blocks a thread of its own.
package struct ThreadService: Service {
    package let name: String
    private let body: @Sendable (StopSignal) throws -> Void

    package init(_ name: String, _ body: @escaping @Sendable (StopSignal) throws -> Void) {
        self.name = name
        self.body = body
    }

    package func run(until stop: StopSignal) async throws {
        try await withCheckedThrowingContinuation { continuation in
            _ = ServiceThread(name: name) { [body] _ in
                continuation.resume(with: Result { try body(stop) })
            }
        }
    }
}

/// A service that runs as a task.
package struct TaskService: Service {
    package let name: String
    private let body: @Sendable (StopSignal) async throws -> Void

    package init(_ name: String, _ body: @escaping @Sendable (StopSignal) async throws -> Void) {
        self.name = name
        self.body = body
    }

    package func run(until stop: StopSignal) async throws { try await body(stop) }
}
