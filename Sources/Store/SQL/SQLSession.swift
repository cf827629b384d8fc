/// A database engine that the queue and the store run on.
package enum Engine: String, Sendable, CaseIterable {
    /// A file of this machine.
    case sqlite
    /// A server, for any number of machines.
    case postgres
}

/// What an engine does for a connection.
protocol SQLSession: AnyObject {
    var engine: Engine { get }
    /// Whether a transaction is open.
    var isInTransaction: Bool { get }
    /// Whether the connection to the server is gone, and with it whatever was not committed.
    var isLost: Bool { get }
    /// The same, after a look at whether the other side has closed it; costs no round trip.
    var hasEnded: Bool { get }

    /// Runs a statement, and hands its rows to a closure until it returns false.
    ///
    /// - Returns: the number of rows that the statement changed.
    func perform(_ sql: String, _ values: [SQLValue], _ body: (borrowing Row) throws -> Bool) throws -> Int

    /// Runs statements without parameters.
    func execute(script: String) throws

    /// Runs one statement with several lists of values, in order.
    ///
    /// - Returns: for each list, the number of rows that were changed.
    func performEach(
        _ sql: String, _ lists: [[SQLValue]], _ body: (Int, borrowing Row) throws -> Void
    ) throws -> [Int]

    /// Runs one statement with several lists of values, in order, before the next one that is waited for.
    func enqueue(_ sql: String, _ lists: [[SQLValue]]) throws

    /// A key for the next record of a table; nil where the insert gives it.
    func takeKey(of table: String) throws -> Int64?

    /// Runs what is still in the queue.
    func sendQueue() throws

    /// Forgets what is still in the queue.
    func forgetQueue()
}

/// An engine in this process has no way to save: it runs each statement at once.
extension SQLSession {
    func performEach(
        _ sql: String, _ lists: [[SQLValue]], _ body: (Int, borrowing Row) throws -> Void
    ) throws -> [Int] {
        try lists.enumerated().map { index, values in
            try perform(sql, values) { row in
                try body(index, row)
                return true
            }
        }
    }

    func enqueue(_ sql: String, _ lists: [[SQLValue]]) throws {
        for values in lists { _ = try perform(sql, values) { _ in true } }
    }

    func sendQueue() {}
    func forgetQueue() {}
}
