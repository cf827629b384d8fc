internal import Catalog
internal import Core
internal import Intake
internal import Queue

/// A JSON body read to its end: its rows in chunks, and those of them that do not fit the model.
struct JSONReading {
    let rowCount: Int
    let report: FaultReport
    private let chunks: [Rows]

    /// - Parameters:
    ///   - idName: the member of a row that holds the caller's own id.
    ///   - limit: the most rows that the body may have.
    ///   - chunkBytes: the bytes from which on a chunk is full; the whole body's for rows that must stay together.
    /// - Throws: what is wrong with the body as a whole.
    init(
        _ body: JSONSubmission, of model: ResolvedModel, idName: String, limit: Int, chunkRows: Int,
        chunkBytes: Int = Limits.chunkBytes
    ) throws {
        rowCount = body.rowCount
        var scanner = try body.scanner(for: model.signature, idName: idName, limit: limit)
        var builder = RowsBuilder(signature: model.signature, chunkRows: chunkRows, chunkBytes: chunkBytes)
        chunks = try scanner.scanAll(into: &builder)
        report = builder.report
    }

    /// - Throws: ``APIError/rejected(_:rows:mayBeMore:)`` when a row does not fit.
    func requireNoFaults() throws {
        if report.total > 0 { throw APIError.rejected(report, rows: rowCount) }
    }

    /// The first right rows.
    var sample: Rows? {
        var sample = RowSample()
        for chunk in chunks { sample.add(chunk) }
        return sample.rows
    }

    /// The chunks as the queue takes them.
    ///
    /// - Parameter bytes: the bytes of the whole body.
    func incoming(bytes: Int) -> [IncomingChunk] {
        chunks.enumerated().map { IncomingChunk(rows: $1, bytes: $0 == 0 ? bytes : 0) }
    }
}
