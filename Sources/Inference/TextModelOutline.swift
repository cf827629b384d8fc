internal import Core

/// What the file of a text model says of itself, as far as its manifest must say it too.
///
/// Comes from: a file in the ONNX format. Goes to: the manifest of whoever imports it.
package struct TextModelOutline: Sendable, Equatable {
    /// The tensor of texts.
    package let input: String
    /// The tensor of values.
    package let output: String
    /// Values a row.
    package let width: Int
    /// The label of each value; nil when the file does not name as many.
    package let labels: [String]?

    /// Loads a file, and asks it about one text.
    ///
    /// - Parameters:
    ///   - file: in the ONNX format.
    ///   - libraryPath: of ONNX Runtime; nil where it usually is.
    /// - Throws: ``InferenceError/notImportable(reason:)``, and why the library cannot be opened.
    package init(_ file: [UInt8], libraryPath: String?) throws {
        let runtime = try OnnxRuntime(path: libraryPath)
        let session: Session
        do {
            session = try Session(model: file, runtime: runtime)
        } catch {
            let words = if case InferenceError.refused(_, let reason) = error { reason } else { "\(error)" }
            throw InferenceError.notImportable(reason: "ONNX Runtime cannot read it (\(words.prefix(300)))")
        }
        input = try Self.input(of: session)
        output = try Self.output(of: session)
        width = try Self.width(of: output, input, session, runtime)
        // Two of a name are no labels.
        labels = try Self.labels(in: OnnxGraph(file)).first { [width] in $0.count == width && Set($0).count == width }
    }

    private static func input(of session: Session) throws -> String {
        guard session.inputs.count == 1, let input = session.inputs.first, input.type == .string,
            input.dimensions.count == 2, [-1, 1].contains(input.dimensions[1])
        else {
            throw InferenceError.notImportable(
                reason: "it does not take one column of texts; write the manifest of another model by hand, as "
                    + "docs/model.schema.json says")
        }
        return input.name
    }

    private static func output(of session: Session) throws -> String {
        let tables = session.outputs.filter { [.float, .double].contains($0.type) && $0.dimensions.count == 2 }
        if let only = tables.first, tables.count == 1 { return only.name }
        guard tables.isEmpty else { throw InferenceError.notImportable(reason: "it has several outputs of numbers") }
        let isMapped = session.outputs.contains { $0.type == nil }
        throw InferenceError.notImportable(
            reason: isMapped
                ? "its probabilities are maps; convert it with zipmap=False" : "it has no output of rows × numbers")
    }

    private static func width(
        of output: String, _ input: String, _ session: Session, _ runtime: OnnxRuntime
    ) throws -> Int {
        do {
            let texts = try Tensor(texts: TextColumn(["a text"]), rows: 0..<1, runtime: runtime)
            let answer = try session.run([texts], names: [input], output: output, stop: RunStop(runtime: runtime))
                .floats()
            guard answer.rows == 1, (1...Limits.rowFields).contains(answer.values.count) else {
                throw InferenceError.rowCount(expected: 1, found: answer.rows)
            }
            return answer.values.count
        } catch {
            throw InferenceError.notImportable(reason: "it does not answer a text")
        }
    }

    /// The lists of labels in a graph: a classifier's own, and what is picked from by the number of the most probable one.
    private static func labels(in graph: OnnxGraph) throws -> [[String]] {
        try graph.nodes.flatMap { node in
            let picked = node.kind == "ArrayFeatureExtractor" ? node.inputs.first : nil
            let texts = try [graph.texts("classlabels_strings", of: node), picked.map(graph.texts) ?? []]
            let integers = try [
                graph.integers("classlabels_ints", of: node), graph.integers("classlabels_int64s", of: node),
                picked.map(graph.integers) ?? [],
            ]
            return texts.map { $0.map { String(decoding: graph.file[$0], as: UTF8.self) } }
                + integers.map { $0.map(String.init) }
        }
    }
}
