internal import Core

/// The kinds of blobs that carry a checksum, and how each is read through.
enum StoredBlob: String, CaseIterable {
    case payload
    case record
    case result
    case inlineInput = "input of task"
    case inlineResult = "result of task"

    /// A key and a body, in the order of keys; the first parameter is the key before, the second the number of rows.
    var sql: String {
        switch self {
        case .payload: "SELECT chunk, body FROM payload WHERE chunk > ? ORDER BY chunk LIMIT ?"
        case .record: "SELECT chunk, body FROM record WHERE chunk > ? ORDER BY chunk LIMIT ?"
        case .result: "SELECT chunk, body, rows FROM result WHERE chunk > ? ORDER BY chunk LIMIT ?"
        case .inlineInput: "SELECT key, input FROM task WHERE key > ? AND input IS NOT NULL ORDER BY key LIMIT ?"
        case .inlineResult: "SELECT key, result FROM task WHERE key > ? AND result IS NOT NULL ORDER BY key LIMIT ?"
        }
    }

    /// Reads all blobs of all kinds, one at a time, and a bounded number in a statement.
    ///
    /// - Returns: the first that fail, in words; empty when all are whole.
    static func faults(in connection: Connection, onProgress: (Int) -> Void) throws -> [String] {
        var faults: [String] = []
        var count = 0
        for kind in allCases {
            var last: Int64 = .min
            while let next = try kind.check(after: last, in: connection, &faults), faults.count < Limits.listedNames {
                last = next
                count += Limits.checkedBlobs
                onProgress(count)
            }
        }
        return faults
    }

    /// - Returns: the key of the last row that was read; nil when there was none.
    private func check(after key: Int64, in connection: Connection, _ faults: inout [String]) throws -> Int64? {
        var last: Int64?
        try connection.forEachRow(sql, .integer(key), .integer(Limits.checkedBlobs)) { row in
            last = row.integer(0)
            do {
                try check(row)
            } catch let error as StoreError {
                faults.append("\(rawValue) \(place(of: ChunkKey(rawValue: row.integer(0)))): \(error.code.rawValue)")
            }
            return faults.count < Limits.listedNames
        }
        return last
    }

    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    func check(_ row: borrowing Row) throws {
        switch self {
        case .payload, .inlineInput: _ = try Rows(payload: row.blob(1))
        case .record: _ = try Records(record: row.blob(1))
        case .inlineResult: _ = try Predictions(result: row.blob(1))
        case .result:
            if try Predictions(result: row.blob(1)).count != row.int(2) { throw StoreError.corruptBlob }
        }
    }

    func place(of chunk: ChunkKey) -> String {
        switch self {
        case .payload, .record, .result: "of chunk \(chunk.position) of task \(chunk.task)"
        case .inlineInput, .inlineResult: "\(chunk.rawValue)"
        }
    }
}
