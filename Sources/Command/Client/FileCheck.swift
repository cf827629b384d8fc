internal import Core
internal import HTTP
internal import Operations

/// `sibyl submit --check`: what would become of a file.
struct FileCheck {
    let client: ServiceClient
    let source: UploadSource
    let query: QueryText

    /// - Returns: 0 when every row is valid, 2 when some are not.
    func run(asJSON: Bool) throws -> Int32 {
        var query = query
        query.add("dry_run", "true")
        let answer = try client.send(
            .post, "/predict/async" + query.text, source.headers, source.bytes(from: 0), deadline: nil)
        let report = try CheckReport.read(answer.body)
        Console.write(asJSON ? answer.body + [UInt8(ascii: "\n")] : Array(report.text.utf8))
        return report.rows.invalid == 0 ? 0 : 2
    }
}

/// A dry run as the service answers it: what a person reads of it.
struct CheckReport: Decodable {
    struct Rows: Decodable {
        var total: Int
        var valid: Int
        var invalid: Int
    }

    struct Format: Decodable {
        var type: String
        var delimiter: String?
        var decimal: String?
        var thousands: String?
        var encoding: String?
        var columns: [String: String?]?
        var id_column: String?
    }

    struct Estimate: Decodable {
        var seconds: Double?
        var queue_rows: Int
    }

    var model: String
    var model_version: String
    var rows: Rows
    var would_be_accepted: Bool
    var input_format: Format?
    var warnings: [TaskAnswer.Warning]
    var errors: [ServiceProblem.Detail]
    var predictions: [ResultLine]?
    var estimate: Estimate
    var waiting_for: TaskAnswer.Waiting?

    /// Predictions shown: enough to see that they are of the right kind.
    private static let shownPredictions = 5

    var text: String {
        var lines = [
            ("model", "\(model) \(model_version)"),
            ("rows", "\(rows.total): \(rows.valid) valid, \(rows.invalid) invalid"),
        ]
        if !would_be_accepted { lines.append(("", "one bad row refuses all: nothing would be accepted")) }
        lines += input_format.map(Self.lines) ?? []
        lines += warnings.map { ("warning", $0.message) }
        lines += errors.prefix(ServiceProblem.listedRows).map { ("error", $0.words) }
        if rows.invalid > ServiceProblem.listedRows {
            lines.append(
                (
                    "",
                    "the first \(ServiceProblem.listedRows) of \(rows.invalid); --json lists up to \(Limits.reportedFaults)"
                ))
        }
        lines += (predictions ?? []).prefix(Self.shownPredictions).map { ("prediction", $0.line) }
        if !(predictions ?? []).isEmpty, rows.valid > Self.shownPredictions {
            lines.append(("", "the first \(Self.shownPredictions) of \(rows.valid) valid rows"))
        }
        if let seconds = estimate.seconds {
            lines.append(("estimate", "\(seconds) s, with \(estimate.queue_rows) rows ahead"))
        } else {
            lines.append(("estimate", "none"))
        }
        if let waiting_for { lines.append(("waits for", waiting_for.message)) }
        return Columns.lines(lines)
    }

    private static func lines(_ format: Format) -> [(String, String)] {
        let parts = [
            format.type, format.delimiter.map { "delimiter \($0 == "\t" ? "tab" : $0)" },
            format.decimal.map { "decimal \($0)" }, format.thousands.map { "thousands \($0)" }, format.encoding,
        ]
        var lines = [("format", parts.compactMap(\.self).joined(separator: ", "))]
        for (input, column) in (format.columns ?? [:]).sorted(by: { $0.key < $1.key }) {
            let source = column ?? "no column; see the warning for the value used in every row"
            lines.append(("column", "\(input) ← \(source)"))
        }
        if let id = format.id_column { lines.append(("column", "id ← \(id)")) }
        return lines
    }
}
