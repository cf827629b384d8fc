internal import Core
internal import Foundation
internal import Intake
internal import Store

/// The caller's own table with columns added: her records byte for byte, in her delimiter, decimal and character set.
struct JoinedTable {
    let mediaType: String
    private let columns: ResultColumns
    private let header: [UInt8]
    private let added: [CSVExtension.Cell]
    private let writer: CSVExtension

    /// - Throws: ``APIError/notJoinable`` for a task that did not come as a table, or whose records were not kept;
    ///   ``APIError/columnCollision(names:)``.
    init(_ output: ModelOutput, _ query: ResultQuery, input: StoredInput?) throws {
        guard let input, input.mediaType == StreamFormat.csv.mediaType, let text = input.resumption,
            try SubmissionOptions(stored: input.options, isTable: true).keepsInput
        else { throw APIError.notJoinable }
        let resumption = try JSONDecoder().decode(CSVResumption.self, from: Data(text.utf8))
        columns = try ResultColumns(output, query.shape, isJoined: true)
        let names = columns.names.map { query.prefix + $0 }
        let own = try CSVHeader(input.header, resumption).names.map { $0.lowercased() }
        let collisions = names.filter { own.contains($0.lowercased()) }
        guard collisions.isEmpty else { throw APIError.columnCollision(names: collisions) }
        writer = CSVExtension(format: resumption.format, isBigEndian: resumption.isBigEndian)
        added = names.map { .text($0) }
        header = try Self.marked(input.header, resumption.format.encoding, asked: query.hasByteOrderMark == true)
        mediaType = "text/csv; charset=\(resumption.format.encoding.rawValue)"
    }

    /// Her header, with the byte order mark that was asked for if it has none.
    private static func marked(_ header: [UInt8], _ encoding: CSVEncoding, asked: Bool) throws -> [UInt8] {
        // Where the mark tells the order of bytes, it came with it.
        guard asked, !encoding.needsMark else { return header }
        guard !encoding.mark.isEmpty else {
            throw APIError.invalidParameter(
                name: "bom", expected: "left out: the table is in \(encoding.rawValue), which has no mark")
        }
        return header.starts(with: encoding.mark) ? header : encoding.mark + header
    }

    func writeHeader(to output: inout [UInt8]) { writer.write(header[...], adding: added, to: &output) }

    func write(
        _ row: Int, of part: ResultPage.Part, _ values: ArraySlice<Double>, _ fault: RowFault?, to output: inout [UInt8]
    ) {
        guard let records = part.records else { return }
        writer.write(records.bytes[records.range(at: row)], to: &output) { output in
            columns.forEachCell(of: values, in: part.predictions.precision, fault: fault) {
                writer.add($0, to: &output)
            }
        }
    }
}

extension StoredInput {
    /// The caller's column, or member, of ids, as her own input names it; nil where she named none.
    func idName() throws -> String? {
        guard let format = StreamFormat(mediaType: mediaType),
            let asked = try SubmissionOptions(stored: options, isTable: format.isTable).idColumn
        else { return nil }
        guard format.isTable, let resumption else { return asked }
        let place = try JSONDecoder().decode(CSVResumption.self, from: Data(resumption.utf8))
        return try CSVHeader(header, place).name(of: asked) ?? asked
    }
}
