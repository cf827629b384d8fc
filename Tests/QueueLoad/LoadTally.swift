import Core
import Foundation
import Store
import Synchronization

/// Counts what a process did, how long it waited at the gate, and what went wrong.
final class LoadTally: Sendable {
    private struct State {
        var done = 0
        var tasks = 0
        var rows = 0
        var isSubmitting = true
        /// Waits for the write gate, in microseconds.
        var waits: [Int] = []
        var errors: [String] = []
    }

    private let operations: Int
    private let state = Mutex(State())

    /// - Parameter operations: how many verbs of the queue this process performs before it submits no more.
    init(operations: Int) { self.operations = operations }

    /// Whether as much was done as should be.
    var isDone: Bool { state.withLock { $0.done >= operations } }

    /// Whether this process still submits.
    var isSubmitting: Bool { state.withLock { $0.isSubmitting } }

    func submittingEnded() { state.withLock { $0.isSubmitting = false } }

    /// Counts verbs that were performed.
    func count(_ operations: Int = 1) { state.withLock { $0.done += operations } }

    /// Counts a task that was accepted.
    func accepted(rows: Int) {
        state.withLock {
            $0.tasks += 1
            $0.rows += rows
            $0.done += 1
        }
    }

    func note(_ error: any Error) {
        let text = "\(error)"
        state.withLock { if $0.errors.count < 20 { $0.errors.append(text) } }
    }

    /// Takes note of a turn at the write gate.
    func record(_ event: StoreEvent) {
        guard case .gateEntered(let wait) = event else { return }
        state.withLock { $0.waits.append(Int(wait.inSeconds * 1e6)) }
    }

    /// All of it as one line of JSON.
    var line: String {
        let state = state.withLock { $0 }
        return JSONWriter.write { json in
            json.object { json in
                json.member("operations", state.done)
                json.member("tasks", state.tasks)
                json.member("rows", state.rows)
                json.key("waits")
                json.array { json in for wait in state.waits { json.value(wait) } }
                json.key("errors")
                json.array { json in for error in state.errors { json.value(error) } }
            }
        }.asText
    }
}

extension [UInt8] {
    fileprivate var asText: String { String(decoding: self, as: UTF8.self) }
}
