internal import Catalog
internal import Core

/// A model's graph with what goes into its tensors and which output is read.
struct OnnxRun: Sendable {
    private let session: Session
    private let runtime: OnnxRuntime
    private let feeds: [TensorFeed]
    private let outputTensor: String
    private let output: ModelOutput
    private let declaredBatch: BatchSize

    /// - Throws: ``InferenceError/modelMismatch(model:reason:)``; what the library says of the file.
    init(of resolved: ResolvedModel, _ file: [UInt8], runtime: OnnxRuntime) throws {
        let session = try Session(model: file, runtime: runtime)
        feeds = try TensorFeed.plan(for: resolved, session: session)
        outputTensor = resolved.outputTensor
        guard session.outputs.contains(where: { [outputTensor] in $0.name == outputTensor }) else {
            throw InferenceError.modelMismatch(model: resolved.title, reason: "it has no output `\(outputTensor)`")
        }
        do {
            declaredBatch = try BatchSize(of: session, reading: outputTensor)
        } catch let refusal as BatchSize.Refused {
            throw InferenceError.modelMismatch(model: resolved.title, reason: refusal.reason)
        }
        (self.session, self.runtime, output) = (session, runtime, resolved.output)
    }

    /// The rows of a run: what the graph declares, and where it declares nothing, what two rows show.
    ///
    /// A graph may say that it takes any number of rows, and hold the one row of its example in the middle.
    func batch(trying rows: Rows) throws -> BatchSize {
        guard declaredBatch == .any, rows.validCount > 0 else { return declaredBatch }
        let stop = try RunStop(runtime: runtime)
        return try refuses(2, of: rows, stop) && !refuses(1, of: rows, stop) ? .fixed(1) : .any
    }

    /// Whether the library refuses a run of so many copies of a row; any other fault is one that the test of the model names.
    private func refuses(_ count: Int, of rows: Rows, _ stop: RunStop) throws -> Bool {
        do {
            _ = try run(rows, 0..<1, filledUpTo: count, stop)
            return false
        } catch InferenceError.refused {
            return true
        } catch InferenceError.rowCount {
            return false
        }
    }

    /// Runs a part of the rows that have values.
    ///
    /// - Parameter count: the rows that the graph gets: the part's last one again and again behind the others.
    func run(_ rows: Rows, _ part: Range<Int>, filledUpTo count: Int, _ stop: RunStop) throws -> ModelAnswers {
        let tensors = try feeds.map { try $0.makeTensor(rows, part, filledUpTo: count, runtime: runtime) }
        let answer = try session.run(tensors, names: feeds.map(\.name), output: outputTensor, stop: stop).answers()
        let answers = ModelAnswers(
            values: answer.values, precision: answer.precision, width: answer.values.count / count)
        // The values of one row may come without a dimension for rows.
        guard answer.rows == count || count == 1, answers.values.count == count * answers.width, answers.suit(output)
        else {
            throw InferenceError.rowCount(expected: part.count, found: answer.values.count / max(1, output.width))
        }
        var kept = answers
        kept.values = Array(answers.values.prefix(part.count * answers.width))
        return kept
    }
}
