package import Core

/// Where a page of results begins: a chunk, and a row within it.
package struct ResultPlace: Sendable, Equatable {
    package var position: Int
    package var row: Int

    package static let start = ResultPlace(position: 0, row: 0)

    package init(position: Int, row: Int) {
        self.position = position
        self.row = row
    }
}

/// Some results in row order.
package struct ResultPage: Sendable {
    /// A part of one chunk's predictions.
    package struct Part: Sendable {
        package var predictions: Predictions
        /// The chunk's place in the task.
        package let position: Int
        /// The row in the task with which the chunk begins.
        package let firstRow: Int
        /// The rows of the chunk that are on the page.
        package internal(set) var rows: Range<Int>
        /// The caller's own records of the whole chunk, where they were asked for and are kept.
        package var records: Records?

        package init(
            predictions: Predictions, position: Int = 0, firstRow: Int, rows: Range<Int>, records: Records? = nil
        ) {
            self.position = position
            self.predictions = predictions
            self.firstRow = firstRow
            self.rows = rows
            self.records = records
        }
    }

    package var parts: [Part] = []
    /// Where the next page begins.
    package var next: ResultPlace
    /// Whether the page ends because it holds as many bytes as a page may, and not because no more is stored.
    package var isCut = false

    init(from place: ResultPlace) { next = place }

    /// The page of a one-row task.
    init(single predictions: Predictions, from place: ResultPlace) {
        next = ResultPlace(position: 1, row: 0)
        if place == .start { parts = [Part(predictions: predictions, firstRow: 0, rows: 0..<predictions.count)] }
    }
}

/// One chunk's result as it is stored.
package struct StoredResult: Sendable {
    let key: ChunkKey
    let firstRow: Int
    let rows: Int
    let body: [UInt8]

    /// - Parameter firstRow: the row in the task with which the chunk begins.
    package init(key: ChunkKey, firstRow: Int, rows: Int, body: [UInt8]) {
        self.key = key
        self.firstRow = firstRow
        self.rows = rows
        self.body = body
    }
}

/// The statements on the results of chunks.
package enum ResultTable {
    /// Stores results.
    package static func insert(_ results: [StoredResult], in connection: Connection) throws {
        try connection.enqueueEach(
            "INSERT INTO result (chunk, first_row, rows, body) VALUES (?, ?, ?, ?)",
            results.map {
                [.integer($0.key.rawValue), .integer($0.firstRow), .integer($0.rows), .blob($0.body)]
            })
    }

    /// Finds the stored chunk that has a row of a task, or else the first one behind it.
    ///
    /// - Parameter position: where to begin to look; chunks before it are known to end before the row.
    /// - Returns: nil when no stored chunk has the row or a later one.
    static func part(
        of task: Int64, from position: Int, reaching row: Int, in connection: Connection
    ) throws -> ResultPage.Part? {
        guard position < ChunkKey.positions else { return nil }
        return try connection.first(
            """
            SELECT chunk, first_row, body FROM result WHERE chunk BETWEEN ? AND ? AND first_row + rows > ?
            ORDER BY chunk LIMIT 1
            """, .integer(ChunkKey(task: task, position: position).rawValue),
            .integer(ChunkKey.all(of: task).upperBound), .integer(row)
        ) { try ResultPage.Part($0) }
    }

    /// Finds one chunk's result.
    static func part(_ key: ChunkKey, in connection: Connection) throws -> ResultPage.Part? {
        try connection.first(
            "SELECT chunk, first_row, body FROM result WHERE chunk = ?", .integer(key.rawValue)
        ) { try ResultPage.Part($0) }
    }

    /// Deletes results of a task, a bounded number of chunks.
    ///
    /// - Returns: the number of chunks whose results were deleted.
    static func delete(upTo limit: Int, of task: Int64, in connection: Connection) throws -> Int {
        let keys = ChunkKey.all(of: task)
        return try connection.run(
            "DELETE FROM result WHERE chunk IN (SELECT chunk FROM result WHERE chunk BETWEEN ? AND ? LIMIT ?)",
            .integer(keys.lowerBound), .integer(keys.upperBound), .integer(limit))
    }
}

extension ResultPage.Part {
    /// Reads a whole chunk's result from a row of key, first row and body.
    init(_ row: borrowing Row) throws {
        let predictions = try Predictions(result: row.blob(2))
        self.init(
            predictions: predictions, position: ChunkKey(rawValue: row.integer(0)).position, firstRow: row.int(1),
            rows: 0..<predictions.count)
    }
}
