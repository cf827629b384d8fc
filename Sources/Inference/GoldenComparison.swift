package import Catalog
internal import Core

/// What each engine that may run a model answers for rows of which the library's answers are known.
package struct GoldenComparison: Sendable {
    /// One engine's.
    package struct Verdict: Sendable {
        /// As operators read of it.
        package let engine: String
        package let rows: Int
        /// The rows that are answered otherwise, ascending.
        package let failed: [Int]
        /// What was found in the first of them, and what was expected; nil when there is none.
        package let first: String?
    }

    package let verdicts: [Verdict]

    /// - Parameter resolved: a version without golden rows of its own.
    /// - Throws: what loading it on ONNX Runtime throws, and a run.
    package init(_ golden: GoldenRows, of resolved: ResolvedModel, libraryPath: String?) throws {
        let file = try ModelFile.read(resolved)
        let runtime = try OnnxRuntime(path: libraryPath)
        verdicts = try [
            Self.kernel(resolved, file).map { try Verdict($0, golden) },
            try Verdict(try OnnxPredictor(resolved, file: file, runtime: runtime), golden),
        ].compactMap(\.self)
    }

    private static func kernel(_ resolved: ResolvedModel, _ file: [UInt8]) throws -> TextPredictor? {
        guard resolved.signature.isText else { return nil }
        do {
            return try TextPredictor(resolved, file: file)
        } catch is TextGraph.Unsuited {
            return nil
        } catch is ProtobufReader.Malformed {
            return nil
        }
    }

    /// Whether an engine answers all rows as the library does.
    package var isPassed: Bool { verdicts.contains { $0.failed.isEmpty } }

    /// Rows that show what was found, at most so many: first those that an engine fails, then others from all parts of the
    /// file.
    package func shown(_ limit: Int) -> [Int] {
        let rows = verdicts.first?.rows ?? 0
        let failed = verdicts.flatMap { $0.failed.prefix(limit / 4) }
        let step = max(1, rows / max(1, limit - failed.count))
        let spread = stride(from: 0, to: rows, by: step).prefix(limit - failed.count)
        var seen: Set<Int> = []
        return (failed + spread).filter { seen.insert($0).inserted }
    }
}

extension GoldenComparison.Verdict {
    fileprivate init(_ predictor: some ValuePredictor, _ golden: GoldenRows) throws {
        let faults = golden.faults(of: try predictor.predict(golden.rows), predictor.output)
        self.init(
            engine: predictor.engine.name, rows: golden.rows.count, failed: faults.map(\.row),
            first: faults.first?.reason)
    }

    /// What was found, for people.
    package var summary: String {
        guard let first, let row = failed.first else { return "all \(rows) golden rows give the library's answers" }
        return "\(failed.count) of \(rows) golden rows give other answers than the library; in row \(row) \(first)"
    }
}
