internal import Core
internal import Intake
internal import Store

/// A table of results of its own, in the dialect that its caller asks for; CRLF, fields quoted where they must be.
struct ResultTable {
    private let columns: ResultColumns
    private let dialect: ResultDialect
    private let writer: CSVExtension
    /// Whether a row is named, in the first column: left out when only other fields are asked for.
    private let namesRows: Bool
    /// The name of the caller's own column of ids; nil where she named none.
    private let idName: String?

    /// - Parameter idName: the column of ids as the caller's table names it.
    init(_ output: ModelOutput, _ query: ResultQuery, idName: String?) throws {
        // A name that another column has would be there twice.
        let all = try ResultColumns(output, query.shape.withAllFields, isJoined: false).names
        self.idName = idName.map { all.contains($0) ? "id" : $0 }
        // The row's own name is a column too, and may be asked for.
        var shape = query.shape
        let names = Self.names + [self.idName].compactMap(\.self)
        namesRows = shape.fields?.contains(where: names.contains) ?? true
        shape.fields = shape.fields?.filter { !names.contains($0) }
        columns = try ResultColumns(output, shape, isJoined: false)
        try query.dialect.requireWritable(output.labels)
        dialect = query.dialect
        writer = dialect.writer
    }

    private static let names = ["id", "row"]

    var mediaType: String { dialect.mediaType }

    func writeHeader(hasIDs: Bool, to output: inout [UInt8]) {
        output += dialect.mark
        let names = (namesRows ? [idName ?? (hasIDs ? "id" : "row")] : []) + columns.names
        for (index, name) in names.enumerated() { write(.text(name), at: index, to: &output) }
        writer.endRecord(&output)
    }

    func write(
        _ row: Int, of part: ResultPage.Part, _ values: ArraySlice<Double>, _ fault: RowFault?, to output: inout [UInt8]
    ) {
        var place = 0
        if namesRows {
            write(.text(name(of: row, in: part)), at: 0, to: &output)
            place = 1
        }
        columns.forEachCell(of: values, in: part.predictions.precision, fault: fault) { cell in
            write(cell, at: place, to: &output)
            place += 1
        }
        writer.endRecord(&output)
    }

    private func name(of row: Int, in part: ResultPage.Part) -> String {
        part.predictions.ids?[row] ?? (idName == nil ? "\(part.firstRow + row)" : "")
    }

    private func write(_ cell: CSVExtension.Cell, at place: Int, to output: inout [UInt8]) {
        if place == 0 { writer.append(cell, to: &output) } else { writer.add(cell, to: &output) }
    }
}
