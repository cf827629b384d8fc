internal import CSQLite
package import Core

/// The current row of a query, valid until the query's next step.
///
/// Columns count from 0.
package struct Row: ~Copyable {
    enum Source {
        case sqlite(OpaquePointer)
        case postgres(PostgresRow)
    }

    let source: Source

    package func isNull(_ column: Int32) -> Bool {
        switch source {
        case .sqlite(let statement): sqlite3_column_type(statement, column) == SQLITE_NULL
        case .postgres(let row): row.isNull(column)
        }
    }

    /// A number; of a condition, 1 when it holds and else 0; 0 of NULL.
    package func integer(_ column: Int32) -> Int64 {
        switch source {
        case .sqlite(let statement): sqlite3_column_int64(statement, column)
        case .postgres(let row): row.integer(column)
        }
    }

    package func double(_ column: Int32) -> Double {
        switch source {
        case .sqlite(let statement): sqlite3_column_double(statement, column)
        case .postgres(let row): row.double(column)
        }
    }

    package func text(_ column: Int32) -> String {
        switch source {
        case .sqlite(let statement):
            guard let bytes = sqlite3_column_text(statement, column) else { return "" }
            let count = Int(sqlite3_column_bytes(statement, column))
            return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
        case .postgres(let row): return String(decoding: row.bytes(column), as: UTF8.self)
        }
    }

    package func blob(_ column: Int32) -> [UInt8] {
        switch source {
        case .sqlite(let statement):
            guard let bytes = sqlite3_column_blob(statement, column) else { return [] }
            return [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
        case .postgres(let row): return [UInt8](row.bytes(column))
        }
    }

    /// One of the few words that a column may have.
    ///
    /// - Throws: ``StoreError/corruptBlob`` for another one, which only damage brings past the table's own check.
    func word<Word: RawRepresentable>(_ column: Int32) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text(column)) else { throw StoreError.corruptBlob }
        return word
    }

    /// - Throws: ``StoreError/corruptBlob`` for other than sixteen bytes.
    func taskID(_ column: Int32) throws -> TaskID {
        guard let id = TaskID(bytes: blob(column)) else { throw StoreError.corruptBlob }
        return id
    }

    package func int(_ column: Int32) -> Int { Int(integer(column)) }
    package func time(_ column: Int32) -> WallTime { WallTime(milliseconds: integer(column)) }

    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
    package func optionalBlob(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : blob(column) }
    package func optionalTime(_ column: Int32) -> WallTime? { isNull(column) ? nil : time(column) }
}
