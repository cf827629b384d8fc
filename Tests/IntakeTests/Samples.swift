import Core
import Intake

/// Signatures and inputs that several suites use.
enum Samples {
    static let text = Signature(inputs: [ModelInput(name: "text", kind: .string, minimumLength: 1)])

    static let iris = Signature(
        inputs: ["sepal_length", "sepal_width"].map { ModelInput(name: $0, kind: .float, minimum: 0, maximum: 100) })

    /// One input of each kind; all but the first may be missing.
    static let mixed = Signature(inputs: [
        ModelInput(name: "review", kind: .string, aliases: ["comment"], minimumLength: 1, maximumLength: 40),
        ModelInput(name: "age", kind: .int, minimum: 0, maximum: 150, missing: .number(30)),
        ModelInput(name: "spend", kind: .float, missing: .notANumber),
        ModelInput(name: "loyal", kind: .bool, missing: .number(0)),
    ])

    /// Scans a whole input with a scanner, in pieces of a size.
    static func scan(
        _ text: String, _ scanner: any RowScanner, _ signature: Signature, piece: Int = .max
    ) throws -> Rows {
        try scan(Array(text.utf8), scanner, signature, piece: piece)
    }

    static func scan(
        _ bytes: [UInt8], _ scanner: any RowScanner, _ signature: Signature, piece: Int = .max
    ) throws -> Rows {
        var scanner = scanner
        var builder = RowsBuilder(signature: signature, chunkRows: .max, chunkBytes: 1 << 30)
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + min(piece, bytes.count))
            position += try scanner.feed(bytes[position..<end], into: &builder)
        }
        let hasMore = try scanner.finish(into: &builder)
        precondition(!hasMore, "the builder holds any number of rows")
        return builder.take()
    }

    static func csv(_ text: String, _ signature: Signature, _ options: CSVOptions = CSVOptions()) throws -> Rows {
        try scan(text, CSVScanner(signature: signature, options: options), signature)
    }

    static func ndjson(_ text: String, _ signature: Signature) throws -> Rows {
        try scan(text, NDJSONScanner(signature: signature), signature)
    }

    /// Scans a submission's rows; the report tells the whole pointers.
    static func submission(_ text: String, _ signature: Signature, limit: Int = 1_000) throws -> (Rows, FaultReport) {
        let submission = try JSONSubmission(parsing: Array(text.utf8), options: ["model", "metadata", "priority"])
        var scanner = try submission.scanner(for: signature, limit: limit)
        var builder = RowsBuilder(signature: signature, chunkRows: .max, chunkBytes: 1 << 30)
        _ = try scanner.fill(&builder)
        return (builder.take(), builder.report)
    }
}

extension Rows {
    /// The fault codes by row: what most tables of bad rows compare.
    var codes: [ErrorCode] { faults.map(\.code) }

    func texts(_ column: Int) -> [String] {
        guard case .text(let texts) = columns[column] else { return [] }
        return (0..<texts.count).map { texts[$0] }
    }

    func floats(_ column: Int) -> [Float] {
        guard case .float(let values) = columns[column] else { return [] }
        return values
    }

    func integers(_ column: Int) -> [Int64] {
        guard case .int(let values) = columns[column] else { return [] }
        return values
    }

    var idTexts: [String] { ids.map { ids in (0..<ids.count).map { ids[$0] } } ?? [] }
}
