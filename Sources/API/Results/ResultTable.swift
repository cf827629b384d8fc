internal import Core
internal import Intake
internal import Store

/// A table of results of its own: RFC 4180, CRLF, fields quoted where they must be.
struct ResultTable {
    private let columns: ResultColumns
    private let hasByteOrderMark: Bool
    private let writer = CSVExtension(
        format: CSVFormat(delimiter: .comma, decimal: .point, thousands: .none, encoding: .utf8))
    /// Whether a row is named: left out when only some fields are asked for.
    private let namesRows: Bool
    private let fields: [String]?

    init(_ output: ModelOutput, _ query: ResultQuery) throws {
        // The row's own name is a column too, and may be asked for.
        var shape = query.shape
        fields = shape.fields
        namesRows = shape.fields?.contains { Self.names.contains($0) } ?? true
        shape.fields = shape.fields?.filter { !Self.names.contains($0) }
        columns = try ResultColumns(output, shape, isJoined: false)
        hasByteOrderMark = query.hasByteOrderMark
    }

    private static let names = ["id", "row"]

    func writeHeader(hasIDs: Bool, to output: inout [UInt8]) {
        if hasByteOrderMark { output += [0xEF, 0xBB, 0xBF] }
        let names = (namesRows ? [hasIDs ? "id" : "row"] : []) + columns.names
        for (index, name) in names.enumerated() {
            if index == 0 { writer.append(.text(name), to: &output) } else { writer.add(.text(name), to: &output) }
        }
        writer.endRecord(&output)
    }

    func write(
        _ row: Int, of part: ResultPage.Part, _ values: ArraySlice<Float>, _ fault: RowFault?, to output: inout [UInt8]
    ) {
        var isFirst = !namesRows
        if namesRows {
            writer.append(.text(part.predictions.ids?[row] ?? "\(part.firstRow + row)"), to: &output)
        }
        columns.forEachCell(of: values, fault: fault) { cell in
            if isFirst { writer.append(cell, to: &output) } else { writer.add(cell, to: &output) }
            isFirst = false
        }
        writer.endRecord(&output)
    }
}
