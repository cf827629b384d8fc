internal import COnnxRuntime
internal import Core

/// A loaded model.
///
/// Any number of threads may run it at once (<https://onnxruntime.ai/docs/api/c/>, Run).
///
/// It computes on the calling thread only, does not spin, and keeps no arena: several runs side by side share the cores, and
/// memory goes back after each.
final class Session: @unchecked Sendable {  // @unchecked because the library allows concurrent runs of one session
    private let runtime: OnnxRuntime
    private let handle: OpaquePointer
    let inputs: [TensorInfo]
    let outputs: [TensorInfo]

    /// - Parameter model: the bytes of a model that is known to be whole: a damaged one may load and answer wrongly.
    init(model: [UInt8], runtime: OnnxRuntime) throws {
        self.runtime = runtime
        let table = runtime.table
        let options = try runtime.make("create_session_options") { sibyl_ort_create_session_options(table, &$0) }
        defer { sibyl_ort_release_session_options(table, options) }
        try runtime.check("set_intra_op_threads", sibyl_ort_set_intra_op_threads(table, options, 1))
        try runtime.check("set_inter_op_threads", sibyl_ort_set_inter_op_threads(table, options, 1))
        try runtime.check("disable_memory_pattern", sibyl_ort_disable_memory_pattern(table, options))
        try runtime.check("disable_cpu_arena", sibyl_ort_disable_cpu_arena(table, options))
        try runtime.check(
            "add_session_entry", sibyl_ort_add_session_entry(table, options, "session.intra_op.allow_spinning", "0"))
        let model = ModelLocale.suited(model)
        let handle = try runtime.make("create_session") {
            sibyl_ort_create_session_from_array(table, runtime.environment, model, model.count, options, &$0)
        }
        self.handle = handle
        let reader = SessionReader(runtime: runtime, session: handle)
        do {
            inputs = try reader.inputs()
            outputs = try reader.outputs()
        } catch {
            sibyl_ort_release_session(table, handle)
            throw error
        }
    }

    deinit { sibyl_ort_release_session(runtime.table, handle) }

    /// Runs the model.
    ///
    /// - Parameters:
    ///   - tensors: one for each input, in the order of `names`.
    ///   - output: the name of the output wanted; others are not computed if the graph allows it.
    ///   - stop: ends the run from another thread.
    func run(_ tensors: [Tensor], names: [String], output: String, stop: RunStop) throws -> Tensor {
        let table = runtime.table
        let value = try withCStrings(names + [output]) { names in
            var result: OpaquePointer?
            var values = tensors.map { Optional($0.handle) }
            var outputName = names[names.count - 1]
            let status = names.withUnsafeBufferPointer { names in
                sibyl_ort_run(
                    table, handle, stop.options, names.baseAddress, &values, tensors.count, &outputName, 1, &result)
            }
            try runtime.check("run", status)
            return result!
        }
        return Tensor(value, runtime: runtime)
    }

    /// Lends C strings for the time of a call, end to end in one buffer: a model may have thousands of inputs.
    private func withCStrings<Value>(
        _ texts: [String], _ body: ([UnsafePointer<CChar>?]) throws -> Value
    ) rethrows -> Value {
        var (characters, starts): ([CChar], [Int]) = ([], [])
        for text in texts {
            starts.append(characters.count)
            characters += text.utf8CString
        }
        return try characters.withUnsafeBufferPointer { lent in
            try body(starts.map { start in lent.baseAddress.map { $0 + start } })
        }
    }
}
