internal import Catalog
package import Core
internal import Synchronization

/// A model of one text on the fused kernel.
///
/// Comes from: ``LoadedModels``. Goes to: the worker's runs.
package final class TextPredictor: ValuePredictor {
    package let identity: ModelIdentity
    package let output: ModelOutput
    package let engine = InferenceEngine.fused
    package let runRows = Limits.runRows
    package let timeout: Duration
    private let signature: Signature
    private let kernel: TextKernel
    /// What no thread uses now.
    private let resting = Mutex<[Rested]>([])
    /// Changes when the runs that go on are told to end.
    private let stops = Atomic<Int>(0)

    private struct Rested: @unchecked Sendable {  // @unchecked because whoever takes it from the list has it alone
        let scratch: TextScratch
    }

    /// Texts after which a run looks whether it shall end: some tenths of a millisecond.
    private static let textsBetweenLooks = 256

    /// Recognises the model in its file, and runs its own test.
    ///
    /// - Parameter file: the model's bytes, as its manifest describes them.
    /// - Throws: `TextGraph.Unsuited` or `ProtobufReader.Malformed` when the kernel does not compute what the file says;
    ///   ``InferenceError`` when it fails its test.
    init(_ resolved: ResolvedModel, file: [UInt8]) throws {
        var graph = try Self.graph(of: resolved, file)
        // What was trained counts, not how the converter wrote it; the golden rows are the judge.
        if graph.frequency == .logOfNext { graph.frequency = .sublinear }
        kernel = try TextKernel(graph, file: file)
        guard kernel.width == resolved.output.width else {
            throw TextGraph.Unsuited(
                "it has \(kernel.width) values a row, and its manifest says \(resolved.output.width)")
        }
        identity = resolved.identity
        output = resolved.output
        timeout = resolved.model.timeout
        signature = resolved.signature
        try test(resolved, on: resolved.trialRows(file))
    }

    /// The graph as the file has it.
    static func graph(of resolved: ResolvedModel, _ file: [UInt8]) throws -> TextGraph {
        guard resolved.signature.isText, let input = resolved.layout.first else {
            throw TextGraph.Unsuited("its input is not one text")
        }
        return try TextGraph(OnnxGraph(file), input: input.tensor, output: resolved.outputTensor)
    }

    func answers(to rows: Rows) throws -> ModelAnswers {
        guard rows.fit(signature), case .text(let texts)? = rows.columns.first else {
            throw InferenceError.wrongRows(model: identity.model)
        }
        let begunAt = stops.load(ordering: .relaxed)
        let scratch = resting.withLock { $0.popLast()?.scratch } ?? kernel.makeScratch()
        defer { resting.withLock { $0.append(Rested(scratch: scratch)) } }
        var isStopped = false
        let values = [Float](unsafeUninitializedCapacity: texts.count * kernel.width) { values, count in
            texts.bytes.withUnsafeBytes { bytes in
                for index in 0..<texts.count {
                    if index % Self.textsBetweenLooks == 0, stops.load(ordering: .relaxed) != begunAt {
                        isStopped = true
                        return
                    }
                    kernel.evaluate(
                        UnsafeRawBufferPointer(rebasing: bytes[texts.range(at: index)]), with: scratch,
                        into: values.baseAddress! + count)
                    count += kernel.width
                }
            }
        }
        if isStopped { throw InferenceError.refused(operation: "run", reason: "it was told to stop") }
        return ModelAnswers(values: values.map { Double($0) }, width: kernel.width)
    }

    package func terminate() { stops.add(1, ordering: .relaxed) }
}
