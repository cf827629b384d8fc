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
        writeLine((namesRows ? [.text(hasIDs ? "id" : "row")] : []) + columns.names.map { .text($0) }, to: &output)
    }

    func write(
        _ row: Int, of part: ResultPage.Part, _ values: ArraySlice<Float>, _ fault: RowFault?, to output: inout [UInt8]
    ) {
        let name = part.predictions.ids?[row] ?? "\(part.firstRow + row)"
        let cells = columns.cells(values, fault: fault).map(CSVExtension.Cell.init)
        writeLine((namesRows ? [.text(name)] : []) + cells, to: &output)
    }

    private func writeLine(_ cells: [CSVExtension.Cell], to output: inout [UInt8]) {
        writer.writeRecord(cells, to: &output)
    }
}

extension CSVExtension.Cell {
    init(_ cell: ResultColumns.Cell) {
        switch cell {
        case .text(let text): self = .text(text)
        case .number(let number): self = .number(number)
        case .empty: self = .empty
        }
    }
}
