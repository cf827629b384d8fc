internal import CSQLite
internal import Core

/// One connection to a SQLite database, with its prepared statements.
///
/// SQLite is opened without its own mutexes (<https://www.sqlite.org/threadsafe.html>, "multi-thread").
final class SQLiteSession: SQLSession {
    let engine = Engine.sqlite
    let isLost = false
    let hasEnded = false
    let handle: OpaquePointer
    private var statements: [StatementText: OpaquePointer] = [:]

    /// Opens the database file.
    ///
    /// Callers hold the write gate: the first connection of all may have to recover the log.
    ///
    /// - Parameter vfs: the name of what SQLite reads and writes by; nil for the system's files.
    /// - Throws: ``SQLiteError`` when the file cannot be opened.
    init(path: String, mode: Connection.Mode, vfs: String? = nil) throws {
        _ = Self.isConfigured
        if mode == .readWrite, vfs == nil { PrivateFile.prepare(path) }
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

    /// Has effect before the library's first use only; whoever came first, it works all the same.
    private static let isConfigured = sibyl_sqlite3_keep_no_memory_statistics() == SQLITE_OK

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close_v2(handle)
    }

    /// Whether a transaction is open; some errors end it by themselves.
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    func perform(_ sql: String, _ values: [SQLValue], _ body: (borrowing Row) throws -> Bool) throws -> Int {
        try withStatement(sql, values) { statement in
            while try step(statement, sql) {
                guard try body(Row(source: .sqlite(statement))) else { break }
            }
            return Int(sqlite3_changes64(handle))
        }
    }

    func takeKey(of table: String) -> Int64? { nil }

    /// Puts what was committed on disk.
    func flushLog() throws { try check(sibyl_sqlite3_sync_log(handle), "flush", nil) }

    /// Runs statements without parameters, such as a migration.
    func execute(script: String) throws {
        try check(sqlite3_exec(handle, script, nil, nil, nil), "execute", script)
    }

    /// Every text that was run here so far.
    var preparedTexts: Set<String> { Set(statements.keys.map(\.text)) }

    /// Counts the steps of SQLite's virtual machine that a closure's statements take: work, whatever the machine's speed.
    func countingSteps(_ body: () throws -> Void) rethrows -> Int {
        for statement in statements.values { sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 1) }
        try body()
        return statements.values.reduce(0) { $0 + Int(sqlite3_stmt_status($1, SQLITE_STMTSTATUS_VM_STEP, 0)) }
    }

    // MARK: Statements

    private func withStatement<Value>(
        _ sql: String, _ values: [SQLValue], _ body: (OpaquePointer) throws -> Value
    ) throws -> Value {
        let (statement, isKept) = try prepared(sql)
        defer {
            if isKept {
                sqlite3_reset(statement)
                sqlite3_clear_bindings(statement)
            } else {
                sqlite3_finalize(statement)
            }
        }
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1), of: statement, sql) }
        return try body(statement)
    }

    /// Prepares a statement, and keeps it while there is room: the few that a connection runs most come first.
    private func prepared(_ sql: String) throws -> (statement: OpaquePointer, isKept: Bool) {
        let text = StatementText(text: sql)
        if let statement = statements[text] { return (statement, true) }
        let isKept = statements.count < Limits.preparedStatements
        var statement: OpaquePointer?
        let flags = isKept ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        try check(sqlite3_prepare_v3(handle, sql, -1, flags, &statement, nil), "prepare", sql)
        guard let statement else { throw error(SQLITE_MISUSE, "prepare", sql) }
        if isKept { statements[text] = statement }
        return (statement, isKept)
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

/// A statement's text as a key of a connection's few: its length tells nearly all apart, and the same literal is known
/// by where it lies, while to hash a thousand bytes costs as much as a step.
private struct StatementText: Hashable {
    let text: String

    func hash(into hasher: inout Hasher) { hasher.combine(text.utf8.count) }
}

/// What only SQLite's connections have.
extension Connection {
    /// What a connection may do.
    package enum Mode: Sendable {
        case readWrite
        case readOnly
    }

    /// Opens a database file; see ``SQLiteSession/init(path:mode:vfs:)``.
    ///
    /// - Parameter watch: sees every statement; nil but in tests.
    convenience init(path: String, mode: Mode, watch: StatementWatch? = nil, vfs: String? = nil) throws {
        self.init(try SQLiteSession(path: path, mode: mode, vfs: vfs), watch: watch)
    }

    static var libraryVersion: String { String(cString: sqlite3_libversion()) }
    static var libraryVersionNumber: Int { Int(sqlite3_libversion_number()) }

    var sqlite: SQLiteSession { session as! SQLiteSession }

    /// SQLite's own connection.
    var handle: OpaquePointer { sqlite.handle }

    /// Every text that was run here so far.
    var preparedTexts: Set<String> { sqlite.preparedTexts }

    /// The plan that SQLite chooses for a query, one line a step.
    package func plan(of sql: String) throws -> [String] {
        try all("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
    }

    /// Counts the steps of SQLite's virtual machine that a closure's statements take: work, whatever the machine's speed.
    package func countingSteps(_ body: () throws -> Void) rethrows -> Int { try sqlite.countingSteps(body) }
}
