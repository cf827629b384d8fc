internal import CPostgres
internal import Core
internal import Glibc

/// One connection to a PostgreSQL server, with its prepared statements.
final class PostgresSession: SQLSession {
    let engine = Engine.postgres
    let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    private var preparedCount = 0
    /// How long an answer may take before the connection is given up.
    var patience: Duration
    /// Whether an answer did not come in time, so that the connection was closed.
    var isOverdue = false
    /// Why the open transaction takes no more statements; nil when it does.
    private var transactionFault: PostgresError?
    /// Statements that nobody waits for, of the open transaction.
    var queue: [QueuedStatement] = []
    /// Keys that were taken in advance, by table.
    var keys: [String: [Int64]] = [:]

    /// A translated text, and the names under which it is prepared: one for each list of parameter types.
    private struct Variant: Hashable {
        let sql: String
        let types: [Oid]
    }

    private struct Statement {
        let text: String
        var names: [[Oid]: String] = [:]
    }

    /// Connects and chooses the schema.
    ///
    /// Where the URL says nothing else, a server that is gone is noticed within ten seconds, in whatever way it went.
    ///
    /// - Parameters:
    ///   - url: what libpq takes for a connection string; passwords and certificates come from the usual places.
    ///   - statementTime: how long the server lets a statement run.
    ///   - patience: how long an answer may take; nil for a little longer than that.
    /// - Throws: ``PostgresError``.
    init(url: String, statementTime: Duration = Limits.statementTime, patience: Duration? = nil) throws {
        self.patience = patience ?? statementTime + Limits.answerMargin
        let defaults = [
            ("connect_timeout", "5"), ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "2"),
            ("tcp_user_timeout", "10000"), ("application_name", "sibyl"), ("client_encoding", "UTF8"),
        ]
        let began = ContinuousClock.now
        let handle = Self.connect(defaults + [("dbname", url)])
        guard let handle else {
            throw PostgresError(operation: "connect", state: "", reason: "out of memory", sql: nil)
        }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK || Self.isReachedAgain(handle, since: began) else {
            let (state, reason) = Self.refusal(of: handle)
            throw PostgresError(operation: "connect", state: state, reason: reason, sql: nil)
        }
        // Notices would be written to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
        // Whatever waits for the server does so in one place, which has a time limit.
        guard PQsetnonblocking(handle, 1) == 0 else { throw failure("connect", nil) }
        try execute(
            script: "SET statement_timeout = \(statementTime.wholeMilliseconds); " + Self.settings)
    }

    deinit { PQfinish(handle) }

    /// Asks a server that refused, and so did it soon, once more: only then can it be told to say its reason's number.
    private static func isReachedAgain(_ handle: OpaquePointer, since began: ContinuousClock.Instant) -> Bool {
        guard ContinuousClock.now - began < .seconds(1), PostgresURL.slip(in: message(of: handle)) == nil else {
            return false
        }
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        PQreset(handle)
        guard PQstatus(handle) == CONNECTION_OK else { return false }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return true
    }

    /// Why a connection was not made, with the server's number for it if it said one.
    private static func refusal(of handle: OpaquePointer) -> (state: String, reason: String) {
        let reason = message(of: handle)
        // Without a password there is nothing to send, and the library says so by itself.
        if PQconnectionNeedsPassword(handle) == 1 { return ("28P01", reason) }
        return (reason.firstMatch(of: #/:  ([0-9A-Z]{5}): /#).map { String($0.output.1) } ?? "", reason)
    }

    private static func connect(_ options: [(name: String, value: String)]) -> OpaquePointer? {
        let names = options.map { strdup($0.name) }
        let values = options.map { strdup($0.value) }
        defer { for text in names + values { free(text) } }
        var namePointers = names.map { UnsafePointer($0) } + [nil]
        var valuePointers = values.map { UnsafePointer($0) } + [nil]
        return PQconnectdbParams(&namePointers, &valuePointers, 1)
    }

    /// Bounds what others wait for this session, and keeps values of rows out of the server's log.
    ///
    /// A lock that does not come, or a transaction that stands still, must not hold others for ever; and a server must notice
    /// within ten seconds that a client is gone, because it holds the client's locks. Of the settings of its log, an ordinary
    /// login may change one only, and a server before version 13 does not know them all.
    private static let settings = """
        SET lock_timeout = \(Limits.gateWait.wholeMilliseconds);
        SET idle_in_transaction_session_timeout = \(Limits.standingTransaction.wholeMilliseconds);
        SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2;
        SET tcp_user_timeout = 10000;
        SELECT set_config(name, value, false)
            FROM (VALUES ('log_parameter_max_length_on_error', '0'), ('log_parameter_max_length', '0'),
                ('log_error_verbosity', 'terse')) AS quiet (name, value)
            WHERE current_setting(name, true) IS NOT NULL
                AND (name = 'log_parameter_max_length_on_error' OR current_setting('is_superuser') = 'on');
        SELECT set_config('search_path', 'sibyl', false) WHERE current_setting('search_path') = '"$user", public';
        """

    var isInTransaction: Bool {
        let status = PQtransactionStatus(handle)
        return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE
    }

    var isLost: Bool { PQstatus(handle) != CONNECTION_OK }
    var hasEnded: Bool {
        // The first look may find the server's last words, and only the second that nothing follows them.
        isLost || PQconsumeInput(handle) == 0 || PQconsumeInput(handle) == 0
    }

    /// The connection's socket, for who waits for notifications.
    var socket: Int32 { PQsocket(handle) }

    // MARK: Statements

    func perform(_ sql: String, _ values: [SQLValue], _ body: (borrowing Row) throws -> Bool) throws -> Int {
        let last = queue.count
        if last == 0 {
            let result =
                values.isEmpty && Self.isControl(sql)
                ? exchange { PQsendQuery(handle, sql) } : try executePrepared(sql, values)
            defer { PQclear(result) }
            return try read(result, sql, body)
        }
        let statements = takeQueue() + [QueuedStatement(sql: sql, values: values)]
        var changes = 0
        try pipeline(statements) { index, result in
            if index == last { changes = try read(result, sql, body) }
        }
        return changes
    }

    /// Checks an answer, and hands its rows to a closure until it returns false.
    func read(
        _ result: OpaquePointer?, _ sql: String, _ body: (borrowing Row) throws -> Bool
    ) throws -> Int {
        let fault = transactionFault
        try check(result, "execute", sql)
        // A transaction in which a statement failed is undone by its commit, without an error.
        if sql == "COMMIT", String(cString: PQcmdStatus(result)) != sql {
            let reason = "the transaction had failed"
            throw fault ?? PostgresError(operation: "commit", state: Self.abortedState, reason: reason, sql: sql)
        }
        for row in 0..<PQntuples(result) {
            guard try body(Row(source: .postgres(PostgresRow(result: result!, row: row)))) else { break }
        }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    func failure(_ operation: String, _ sql: String?) -> PostgresError {
        let reason = PostgresWords.libraryWords(libraryMessage)
        return PostgresError(operation: operation, state: "", reason: reason, sql: sql)
    }

    func execute(script: String) throws {
        try sendQueue()
        let result = exchange { PQsendQuery(handle, script) }
        defer { PQclear(result) }
        try check(result, "execute", script)
    }

    /// Whether a statement begins or ends a transaction: it runs in any state, and is never prepared.
    static func isControl(_ sql: String) -> Bool {
        ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"].contains { sql.hasPrefix($0) }
    }

    private func executePrepared(_ sql: String, _ values: [SQLValue]) throws -> OpaquePointer? {
        try makeRoom(for: [QueuedStatement(sql: sql, values: values)])
        // It may fail: nothing may be held yet that must be given back.
        let name = try prepared(sql, values.map(PostgresParameter.type))
        let parameters = values.map { PostgresParameter($0) }
        defer { for parameter in parameters { parameter.free() } }
        var pointers = parameters.map(\.pointer)
        var lengths = parameters.map(\.length)
        var formats = [Int32](repeating: 1, count: parameters.count)
        return exchange {
            PQsendQueryPrepared(handle, name, Int32(parameters.count), &pointers, &lengths, &formats, 1)
        }
    }

    /// Forgets what was prepared when there is no room for more: it is prepared anew as it comes.
    func makeRoom(for wanted: [QueuedStatement]) throws {
        guard preparedCount + wanted.count > Limits.preparedVariants else { return }
        let variants = wanted.lazy.filter { !Self.isControl($0.sql) }.map { Variant(sql: $0.sql, types: $0.types) }
        let unprepared = Set(variants.filter { self.statements[$0.sql]?.names[$0.types] == nil })
        guard preparedCount + unprepared.count > Limits.preparedVariants else { return }
        try execute(script: "DEALLOCATE ALL")
        statements = [:]
        preparedCount = 0
    }

    func prepared(_ sql: String, _ types: [Oid]) throws -> String {
        var statement = statements[sql] ?? Statement(text: PostgresText.translated(sql))
        if let name = statement.names[types] { return name }
        preparedCount += 1
        let name = "s\(preparedCount)"
        let result = exchange { PQsendPrepare(handle, name, statement.text, Int32(types.count), types) }
        defer { PQclear(result) }
        try check(result, "prepare", sql)
        statement.names[types] = name
        statements[sql] = statement
        return name
    }

    func check(_ result: OpaquePointer?, _ operation: String, _ sql: String) throws {
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: transactionFault = nil
        default:
            func field(_ code: Character) -> String? {
                PQresultErrorField(result, Int32(code.asciiValue!)).map { String(cString: $0) }
            }
            let state = field("C") ?? ""
            let reason = PostgresWords.reason(
                state: state, primary: field("M"), place: ["t", "c", "n"].compactMap { field($0) },
                library: libraryMessage)
            let error = PostgresError(operation: operation, state: state, reason: reason, sql: sql)
            // That a failed transaction takes nothing more says nothing of why it failed.
            let fault = state == Self.abortedState ? transactionFault ?? error : error
            transactionFault = fault
            throw fault
        }
    }

    /// The state of a statement in a transaction that has failed.
    private static let abortedState = "25P02"

    private static func message(of handle: OpaquePointer) -> String {
        PostgresWords.refusal(String(cString: PQerrorMessage(handle)))
    }

    // MARK: Notifications

    /// The messages of notifications that have come; empty when none has.
    func notifications() throws -> [String] {
        guard PQconsumeInput(handle) == 1 else {
            throw failure("listen", nil)
        }
        var messages: [String] = []
        while let notification = PQnotifies(handle) {
            messages.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return messages
    }
}
