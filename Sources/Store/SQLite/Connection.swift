internal import CSQLite
internal import Core

/// One connection to a SQLite database, with its prepared statements.
///
/// A connection is used by one thread at a time; SQLite is opened without its own mutexes
/// (<https://www.sqlite.org/threadsafe.html>, "multi-thread").
package final class Connection {
    let handle: OpaquePointer
    private let watch: StatementWatch?
    private var statements: [String: OpaquePointer] = [:]

    /// What a connection may do.
    package enum Mode: Sendable {
        case readWrite
        case readOnly
    }

    /// Opens the database file.
    ///
    /// Callers hold the write gate: the first connection of all may have to recover the log.
    ///
    /// - Parameters:
    ///   - watch: sees every statement; nil but in tests.
    ///   - vfs: the name of what SQLite reads and writes by; nil for the system's files.
    /// - Throws: ``SQLiteError`` when the file cannot be opened.
    init(path: String, mode: Mode, watch: StatementWatch? = nil, vfs: String? = nil) throws {
        self.watch = watch
        var handle: OpaquePointer?
        let access = mode == .readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard code == SQLITE_OK, let handle else {
            let reason = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteError(operation: "open", resultCode: code, reason: reason, sql: nil)
        }
        self.handle = handle
        // Closing must never checkpoint: only the keeper does, inside the gate.
        _ = sibyl_sqlite3_set_no_checkpoint_on_close(handle)
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    static var libraryVersion: String { String(cString: sqlite3_libversion()) }
    static var libraryVersionNumber: Int { Int(sqlite3_libversion_number()) }

    /// The number of rows that the last INSERT, UPDATE or DELETE changed.
    package var changes: Int { Int(sqlite3_changes64(handle)) }

    /// The rowid of the last INSERT.
    package var lastInsertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Whether a transaction is open; some errors end it by themselves.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Runs a statement that returns no rows.
    ///
    /// - Returns: the number of rows it changed.
    @discardableResult
    package func run(_ sql: String, _ values: SQLValue...) throws -> Int {
        try withStatement(sql, values) { statement in
            while try step(statement, sql) {}
        }
        return changes
    }

    /// Hands each row of a query to a closure until it returns false.
    package func forEachRow(_ sql: String, _ values: SQLValue..., while body: (borrowing Row) throws -> Bool) throws {
        try withStatement(sql, values) { statement in
            while try step(statement, sql) {
                guard try body(Row(statement: statement)) else { return }
            }
        }
    }

    /// All rows of a query, each made into a value.
    ///
    /// The query bounds their number.
    package func all<Value>(_ sql: String, _ values: SQLValue..., make: (borrowing Row) throws -> Value) throws
        -> [Value]
    {
        try withStatement(sql, values) { statement in
            var result: [Value] = []
            while try step(statement, sql) { result.append(try make(Row(statement: statement))) }
            return result
        }
    }

    /// The first row of a query; nil when there is none.
    package func first<Value>(_ sql: String, _ values: SQLValue..., make: (borrowing Row) throws -> Value) throws
        -> Value?
    {
        try withStatement(sql, values) { statement in
            try step(statement, sql) ? try make(Row(statement: statement)) : nil
        }
    }

    /// Runs statements without parameters, such as a migration.
    package func execute(script: String) throws {
        try check(sqlite3_exec(handle, script, nil, nil, nil), "execute", script)
    }

    /// Every text that was run here so far.
    var preparedTexts: Set<String> { Set(statements.keys) }

    /// The plan that SQLite chooses for a query, one line a step.
    package func plan(of sql: String) throws -> [String] {
        try all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
    }

    /// Counts the steps of SQLite's virtual machine that a closure's statements take: work, whatever the machine's speed.
    package func countingSteps(_ body: () throws -> Void) rethrows -> Int {
        for statement in statements.values { sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1) }
        try body()
        return statements.values.reduce(0) { $0 + Int(sqlite3_stmt_status($1, SQLITE_STMTSTATUS_VM_STEP, 0)) }
    }

    // MARK: Statements

    private func withStatement<Value>(
        _ sql: String, _ values: [SQLValue], _ body: (OpaquePointer) throws -> Value
    ) throws -> Value {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1), of: statement, sql) }
        guard let watch else { return try body(statement) }
        try watch.before(sql, self)
        let value = try body(statement)
        try watch.after(sql, self)
        return value
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        precondition(statements.count < Limits.preparedStatements, "statements must be fixed texts")
        var statement: OpaquePointer?
        try check(
            sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil), "prepare", sql)
        statements[sql] = statement
        return statement!
    }

    private func bind(_ value: SQLValue, at index: Int32, of statement: OpaquePointer, _ sql: String) throws {
        let code =
            switch value {
            case .null: sqlite3_bind_null(statement, index)
            case .integer(let number): sqlite3_bind_int64(statement, index, number)
            case .real(let number): sqlite3_bind_double(statement, index, number)
            case .text(var text):
                text.withUTF8 { bytes in
                    bytes.withMemoryRebound(to: CChar.self) {
                        // A nil pointer would bind NULL.
                        $0.baseAddress.map { sibyl_sqlite3_bind_text(statement, index, $0, Int32(bytes.count)) }
                            ?? sibyl_sqlite3_bind_text(statement, index, "", 0)
                    }
                }
            case .blob(let bytes):
                bytes.withUnsafeBytes {
                    // A nil pointer would bind NULL.
                    $0.isEmpty
                        ? sqlite3_bind_zeroblob(statement, index, 0)
                        : sibyl_sqlite3_bind_blob(statement, index, $0.baseAddress, Int32($0.count))
                }
            }
        try check(code, "bind", sql)
    }

    private func step(_ statement: OpaquePointer, _ sql: String) throws -> Bool {
        let code = sqlite3_step(statement)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw error(code, "step", sql)
    }

    private func check(_ code: Int32, _ operation: String, _ sql: String?) throws {
        if code != SQLITE_OK { throw error(code, operation, sql) }
    }

    func error(_ code: Int32, _ operation: String, _ sql: String?) -> SQLiteError {
        SQLiteError(
            operation: operation, resultCode: code, reason: String(cString: sqlite3_errmsg(handle)), sql: sql)
    }
}
