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
