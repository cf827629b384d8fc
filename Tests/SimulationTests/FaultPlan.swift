import Core
import Synchronization

@testable import Store

/// Lets one chosen statement of a database's connections fail.
final class FaultPlan: Sendable {
    /// How a statement fails.
    enum Kind: String, Sendable {
        /// It does not run; SQLite's transaction stays open, and a server's takes nothing more.
        case refused
        /// It does not run, and SQLite has undone the whole transaction by itself, as a full disk makes it do.
        case undone
        /// The write gate does not open in time.
        case gate
        /// A commit passes, and its caller is told that it did not.
        case uncertain
        /// The connection to the server is cut just before it.
        case cut
        /// The server undoes the transaction for another's sake, so that it runs again.
        case deadlock

        /// The ways in which an engine's statements fail.
        ///
        /// A server has no write gate: what stands for it is a lock that is asked for with the transaction's beginning, by no
        /// statement of a verb. Its transactions are undone by whoever ends them, or with the connection.
        static func all(on engine: Engine) -> [Kind] {
            engine == .sqlite ? [.refused, .undone, .gate, .uncertain] : [.refused, .cut, .deadlock, .uncertain]
        }

        /// Whether the verb passes all the same.
        var isHealed: Bool { self == .deadlock }

        /// Whether a statement can fail like this.
        fileprivate func fits(_ sql: String, _ connection: Connection) -> Bool {
            switch self {
            case .refused: true
            case .undone, .cut: !sql.hasPrefix("BEGIN")
            case .gate: sql == "BEGIN IMMEDIATE"
            case .uncertain: sql == "COMMIT"
            case .deadlock: connection.isInTransaction && !connection.onlyReads
            }
        }

        fileprivate func error(_ sql: String, on engine: Engine) -> any Error {
            if self == .gate { return StoreError.gateTimeout(holder: nil, isStopped: false) }
            if engine == .postgres {
                let state = self == .deadlock ? "40P01" : self == .uncertain ? "08006" : "58030"
                return PostgresError(operation: "execute", state: state, reason: "\(self)", sql: sql)
            }
            let (code, reason): (Int32, String) =
                switch self {
                case .undone: (13, "database or disk is full")
                case .uncertain: (1034, "fsync failed")
                default: (10, "disk I/O error")
                }
            return SQLiteError(operation: "step", resultCode: code, reason: reason, sql: sql)
        }
    }

    /// The statement that failed, and how.
    struct Hit: Sendable {
        let kind: Kind
        let sql: String
        /// How many statements ran before it.
        let point: Int
    }

    private struct State {
        var isArmed = false
        var count = 0
        var point: Int?
        var kind = Kind.refused
        var hit: Hit?
    }

    private let state = Mutex(State())
    private let engine: Engine

    init(_ engine: Engine) { self.engine = engine }

    var kinds: [Kind] { Kind.all(on: engine) }

    /// What the database under test is opened with.
    var watch: StatementWatch {
        StatementWatch(
            before: { [self] sql, connection in
                guard let kind = due(sql, connection) else { return }
                switch kind {
                case .undone: connection.rollBack()
                // The statement itself finds out.
                case .cut: return connection.cut()
                default: connection.spoil()
                }
                throw kind.error(sql, on: engine)
            },
            after: { [self] sql, connection in
                guard let kind = dueAfter(sql, connection) else { return }
                if engine == .postgres { connection.cut() }
                throw kind.error(sql, on: engine)
            })
    }

    /// Lets the statement at a point fail, counted from 0; if it cannot fail like that, the next one that can.
    func arm(_ kind: Kind, at point: Int) {
        state.withLock { $0 = State(isArmed: true, point: point, kind: kind) }
    }

    /// Ends the faults.
    ///
    /// - Returns: the statement that failed; nil when none did.
    @discardableResult
    func disarm() -> Hit? {
        state.withLock { state in
            defer { state = State() }
            return state.hit
        }
    }

    /// A failed rollback ends the process, and is no fault to go on after.
    private func due(_ sql: String, _ connection: Connection) -> Kind? {
        state.withLock { state in
            guard state.isArmed, sql != "ROLLBACK" else { return nil }
            state.count += 1
            return state.kind == .uncertain ? nil : Self.hit(sql, connection, &state)
        }
    }

    private func dueAfter(_ sql: String, _ connection: Connection) -> Kind? {
        state.withLock { $0.isArmed && $0.kind == .uncertain ? Self.hit(sql, connection, &$0) : nil }
    }

    private static func hit(_ sql: String, _ connection: Connection, _ state: inout State) -> Kind? {
        guard let point = state.point, state.hit == nil, state.count > point, state.kind.fits(sql, connection)
        else { return nil }
        state.hit = Hit(kind: state.kind, sql: sql, point: state.count - 1)
        return state.kind
    }
}

extension Connection {
    /// Whether a server's transaction may change nothing, so that it stands in nobody's way.
    fileprivate var onlyReads: Bool {
        var answer = false
        do {
            _ = try session.perform("SELECT current_setting('transaction_read_only') = 'on'", []) { row in
                answer = row.int(0) != 0
                return false
            }
        } catch {
            // A transaction that has failed already cannot fail again.
            return true
        }
        return answer
    }

    /// Lets a server's transaction take nothing more, as after any statement that failed.
    fileprivate func spoil() {
        // try? because to fail is its purpose.
        if engine == .postgres, isInTransaction { try? session.execute(script: "SELECT 1 / 0") }
    }

    /// Cuts the connection to the server.
    fileprivate func cut() {
        // try? because the answer is lost.
        try? session.execute(script: "SELECT pg_terminate_backend(pg_backend_pid())")
    }
}
