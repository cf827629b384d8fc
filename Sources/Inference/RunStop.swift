internal import COnnxRuntime
internal import Core
internal import Synchronization

/// Ends runs of a model from another thread, as far as the library looks for it: between two nodes of the graph.
final class RunStop: @unchecked Sendable {  // @unchecked because the library lets any thread set the flag during a run
    private let runtime: OnnxRuntime
    let options: OpaquePointer

    init(runtime: OnnxRuntime) throws {
        self.runtime = runtime
        options = try runtime.make("create_run_options") { sibyl_ort_create_run_options(runtime.table, &$0) }
    }

    deinit { sibyl_ort_release_run_options(runtime.table, options) }

    /// Makes the run end with an error soon, and each later one at once.
    func terminate() throws { try runtime.check("terminate_runs", sibyl_ort_terminate_runs(runtime.table, options)) }
}

/// The runs of one model that go on now.
final class CurrentRuns: Sendable {
    private let stops = Mutex<[ObjectIdentifier: RunStop]>([:])

    /// Runs a closure that can be ended.
    func run<Value>(runtime: OnnxRuntime, _ body: (RunStop) throws -> Value) throws -> Value {
        let stop = try RunStop(runtime: runtime)
        let key = ObjectIdentifier(stop)
        stops.withLock { $0[key] = stop }
        defer { stops.withLock { _ = $0.removeValue(forKey: key) } }
        return try body(stop)
    }

    func terminate() throws {
        for stop in stops.withLock({ Array($0.values) }) { try stop.terminate() }
    }
}
