internal import Core

/// Reads results a page at a time, bounded in rows and in bytes.
///
/// The sizes are looked at first: a server hands out all rows of an answer at once, so that what is asked for must fit.
extension ResultTable {
    /// What a page is to hold.
    struct Wanted {
        let task: Int64
        /// Rows at most.
        let rows: Int
        /// Whether missing chunks will never come, so that they are passed over.
        let isSkippingGaps: Bool
        /// Whether the caller's own records are read too.
        let withRecords: Bool
        /// Whether the last chunk is read to its end, though it has more rows than the limit leaves.
        let wholeChunks: Bool
    }

    /// One chunk's result as far as it decides what fits on a page.
    private struct Size {
        let position: Int
        let rows: Int
        /// Bytes as stored, with the records where they are wanted.
        let bytes: Int
    }

    /// Reads chunks in order until the page is full or a chunk is missing.
    ///
    /// - Returns: at least one chunk where there is one, however large.
    static func page(_ wanted: Wanted, from place: ResultPlace, in connection: Connection) throws -> ResultPage {
        var page = ResultPage(from: place)
        var room = (rows: wanted.rows, bytes: Limits.pageBytes)
        while room.rows > 0, !page.isCut, page.next.position < ChunkKey.positions {
            let sizes = try sizes(wanted, from: page.next.position, in: connection)
            guard let last = fitting(sizes, page.next, room, wanted) else { return page }
            try add(through: last, to: &page, &room, wanted, in: connection)
        }
        return page
    }

    private static func sizes(_ wanted: Wanted, from position: Int, in connection: Connection) throws -> [Size] {
        try connection.all(
            wanted.withRecords ? sizesWithRecordsSQL : sizesSQL,
            .integer(ChunkKey(task: wanted.task, position: position).rawValue),
            .integer(ChunkKey.all(of: wanted.task).upperBound)
        ) { Size(position: ChunkKey(rawValue: $0.integer(0)).position, rows: $0.int(1), bytes: $0.int(2)) }
    }

    private static let sizesSQL = """
        SELECT chunk, rows, length(body) FROM result WHERE chunk BETWEEN ? AND ? ORDER BY chunk
        LIMIT \(Limits.pageChunks)
        """

    private static let sizesWithRecordsSQL = """
        SELECT result.chunk, rows, length(result.body) + coalesce(length(record.body), 0) FROM result
            LEFT JOIN record ON record.chunk = result.chunk
        WHERE result.chunk BETWEEN ? AND ? ORDER BY result.chunk LIMIT \(Limits.pageChunks)
        """

    /// The position of the last chunk that is to be read now; nil when there is none.
    private static func fitting(
        _ sizes: [Size], _ next: ResultPlace, _ room: (rows: Int, bytes: Int), _ wanted: Wanted
    ) -> Int? {
        var last: Int?
        var expected = next.position
        var left = (rows: room.rows, bytes: room.bytes)
        for size in sizes {
            guard left.rows > 0, left.bytes > 0, wanted.isSkippingGaps || size.position == expected else { break }
            left.rows -= size.position == next.position ? max(0, size.rows - next.row) : size.rows
            left.bytes -= size.bytes
            last = size.position
            expected = size.position + 1
        }
        return last
    }

    private static let chunksSQL =
        "SELECT chunk, first_row, body FROM result WHERE chunk BETWEEN ? AND ? ORDER BY chunk"

    private static let chunksWithRecordsSQL = """
        SELECT result.chunk, first_row, result.body, record.body FROM result
            LEFT JOIN record ON record.chunk = result.chunk
        WHERE result.chunk BETWEEN ? AND ? ORDER BY result.chunk
        """

    /// Reads the chunks up to a position, as far as there is room for what they take in memory.
    private static func add(
        through last: Int, to page: inout ResultPage, _ room: inout (rows: Int, bytes: Int), _ wanted: Wanted,
        in connection: Connection
    ) throws {
        try connection.forEachRow(
            wanted.withRecords ? chunksWithRecordsSQL : chunksSQL,
            .integer(ChunkKey(task: wanted.task, position: page.next.position).rawValue),
            .integer(ChunkKey(task: wanted.task, position: last).rawValue)
        ) { row in
            var part = try ResultPage.Part(row)
            if wanted.withRecords { part.records = try row.optionalBlob(3).map { try Records(record: $0) } }
            if part.position != page.next.position { page.next = ResultPlace(position: part.position, row: 0) }
            let count = part.predictions.count
            let end = wanted.wholeChunks ? count : min(page.next.row + room.rows, count)
            part.rows = min(page.next.row, count)..<end
            room.rows -= part.rows.count
            room.bytes -= part.memoryBytes
            page.next =
                end == count
                ? ResultPlace(position: part.position + 1, row: 0) : ResultPlace(position: part.position, row: end)
            page.parts.append(part)
            page.isCut = room.bytes <= 0 && room.rows > 0
            return room.rows > 0 && room.bytes > 0
        }
    }
}

extension ResultPage.Part {
    /// About what the part takes in memory.
    fileprivate var memoryBytes: Int {
        let ids = predictions.ids.map { $0.bytes.count + $0.ends.count * 4 } ?? 0
        return predictions.values.count * 8 + ids + (records.map { $0.bytes.count + $0.ends.count * 4 } ?? 0)
    }
}
