/// One connection to a database, whatever its engine, with its prepared statements.
///
/// Statements are written once, in the words that both engines know, with SQLite's parameters (`?`, `?1`); the session
/// of an engine translates what differs. One thread at a time uses a connection.
package final class Connection {
    let session: any SQLSession
    private let watch: StatementWatch?
    /// What the open transaction keeps in memory.
    var states: [ObjectIdentifier: any TransactionState] = [:]

    /// - Parameter watch: sees every statement; nil but in tests.
    init(_ session: any SQLSession, watch: StatementWatch? = nil) {
        self.session = session
        self.watch = watch
    }

    /// Which engine runs the statements, for the few that must differ.
    package var engine: Engine { session.engine }

    /// Whether a transaction is open; some errors end it by themselves.
    var isInTransaction: Bool { session.isInTransaction }

    /// Runs a statement whose rows, if it has any, are not wanted.
    ///
    /// - Returns: the number of rows it changed.
    @discardableResult
    package func run(_ sql: String, _ values: SQLValue...) throws -> Int {
        try perform(sql, values) { _ in true }
    }

    /// Runs a statement that nobody waits for: a server is told together with the next one, and with the commit at the
    /// latest.
    ///
    /// Its own error, if it has one, is thrown by a later statement of the same transaction.
    package func enqueue(_ sql: String, _ values: SQLValue...) throws { try enqueueEach(sql, [values]) }

    /// Runs one statement with several lists of values, in order, that nobody waits for.
    package func enqueueEach(_ sql: String, _ lists: [[SQLValue]]) throws {
        if watch == nil { return try session.enqueue(sql, lists) }
        for values in lists { _ = try perform(sql, values) { _ in true } }
    }

    /// Inserts a record whose key the engine gives; a server has given it before, and nobody waits for the insert.
    ///
    /// - Parameters:
    ///   - sql: an insert whose first parameter, `?1`, is the key.
    ///   - values: of the other parameters.
    /// - Returns: the key.
    package func insert(into table: String, _ sql: String, _ values: SQLValue...) throws -> Int64 {
        guard let key = try session.takeKey(of: table) else {
            try perform(sql, [.null(.integer)] + values) { _ in true }
            return try first("SELECT last_insert_rowid()") { $0.integer(0) }!
        }
        try enqueueEach(sql, [[.integer(key)] + values])
        return key
    }

    /// Hands each row of a query to a closure until it returns false.
    package func forEachRow(_ sql: String, _ values: SQLValue..., while body: (borrowing Row) throws -> Bool) throws {
        _ = try perform(sql, values, body)
    }

    /// All rows of a query, each made into a value.
    ///
    /// The query bounds their number.
    package func all<Value>(_ sql: String, _ values: SQLValue..., make: (borrowing Row) throws -> Value) throws
        -> [Value]
    {
        var result: [Value] = []
        _ = try perform(sql, values) { row in
            result.append(try make(row))
            return true
        }
        return result
    }

    /// The first row of a query; nil when there is none.
    package func first<Value>(_ sql: String, _ values: SQLValue..., make: (borrowing Row) throws -> Value) throws
        -> Value?
    {
        var result: Value?
        _ = try perform(sql, values) { row in
            result = try make(row)
            return false
        }
        return result
    }

    /// Runs one statement with several lists of values, in order; a server is asked for all of them at once.
    ///
    /// - Returns: for each list, the first row made into a value, or nil.
    package func firstOfEach<Value>(
        _ sql: String, _ lists: [[SQLValue]], make: (borrowing Row) throws -> Value
    ) throws -> [Value?] {
        var values = [Value?](repeating: nil, count: lists.count)
        try performEach(sql, lists) { index, row in
            if values[index] == nil { values[index] = try make(row) }
        }
        return values
    }

    /// Runs one statement with several lists of values, in order; a server is asked for all of them at once.
    ///
    /// - Returns: for each list, the number of rows that were changed.
    @discardableResult
    package func runEach(_ sql: String, _ lists: [[SQLValue]]) throws -> [Int] {
        try performEach(sql, lists) { _, _ in }
    }

    @discardableResult
    private func performEach(
        _ sql: String, _ lists: [[SQLValue]], _ body: (Int, borrowing Row) throws -> Void
    ) throws -> [Int] {
        if watch == nil { return try session.performEach(sql, lists, body) }
        return try lists.enumerated().map { index, values in
            try perform(sql, values) { row in
                try body(index, row)
                return true
            }
        }
    }

    /// Runs a statement with as many values as its text was made for.
    @discardableResult
    func perform(
        _ sql: String, _ values: [SQLValue], _ body: (borrowing Row) throws -> Bool
    ) throws -> Int {
        guard let watch else { return try session.perform(sql, values, body) }
        try watch.before(sql, self)
        let changes = try session.perform(sql, values, body)
        try watch.after(sql, self)
        return changes
    }

    /// Runs statements without parameters, such as a migration.
    package func execute(script: String) throws { try session.execute(script: script) }

    /// Runs a closure on one unchanging state of the database.
    ///
    /// Readers keep it short: SQLite's log grows meanwhile.
    func readTransaction<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try beginReading()
        return try end(body)
    }

    func beginReading() throws {
        try run(session.engine == .sqlite ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    /// Runs a closure in the transaction that has begun, and ends it.
    func end<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        do {
            let value = try body(self)
            try commit()
            return value
        } catch {
            rollBack()
            throw error
        }
    }
}
