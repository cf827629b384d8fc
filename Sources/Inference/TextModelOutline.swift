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
    /// The label of each value, or the two of one value; nil when the file does not name as many.
    package let labels: [String]?
    /// The patterns by which the file finds words, without repeats.
    package let tokenPatterns: [String]

    /// What scikit-learn's default pattern means to ONNX Runtime, and what its converter does not write by itself:
    /// scripts/models/README.md.
    package static let libraryPattern = "[\\p{L}\\p{N}_]{2,}"

    /// What another pattern than the library's own may mean, and the remedy.
    package var patternHints: [String] {
        tokenPatterns.filter { $0 != Self.libraryPattern }.map { pattern in
            "Words are found by the pattern `\(pattern)`. If scikit-learn had its default pattern, the converter has replaced it, "
                + "and texts with letters beyond ASCII or words of one letter may be answered otherwise; the converter's option "
                + "`tokenexp` with `\(Self.libraryPattern)` keeps scikit-learn's answers."
        }
    }

    /// Whether there are as many labels as values, or two of one value, which is then the second label's.
    package func suits(_ labels: [String]) -> Bool { Self.suits(labels, width) }

    private static func suits(_ labels: [String], _ width: Int) -> Bool {
        labels.count == width && width > 1 || labels.count == 2 && width == 1
    }

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
        let graph = try OnnxGraph(file)
        // Two of a name are no labels.
        labels = try GraphLabels(in: graph).lists(
            nearest: session.outputs.map(\.name).filter { [output] in $0 != output }
        )
        .first { [width] in Self.suits($0, width) && Set($0).count == $0.count }
        tokenPatterns = try Self.patterns(in: graph)
    }

    private static func patterns(in graph: OnnxGraph) throws -> [String] {
        var found: [String] = []
        for node in graph.nodes where node.kind == "Tokenizer" {
            if let pattern = try graph.text("tokenexp", of: node), !found.contains(pattern) { found.append(pattern) }
        }
        return found
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
            let rows = try BatchSize(of: session, reading: output).rows(of: 1)
            let texts = try Tensor(texts: TextColumn(["a text"]), rows: 0..<1, filledUpTo: rows, runtime: runtime)
            let answer = try session.run([texts], names: [input], output: output, stop: RunStop(runtime: runtime))
                .answers()
            guard answer.rows == rows || rows == 1, answer.values.count % rows == 0,
                (1...Limits.modelInputs).contains(answer.values.count / rows)
            else { throw InferenceError.rowCount(expected: rows, found: answer.rows) }
            return answer.values.count / rows
        } catch let refusal as BatchSize.Refused {
            throw InferenceError.notImportable(reason: refusal.reason)
        } catch {
            throw InferenceError.notImportable(reason: "it does not answer a text")
        }
    }
}
