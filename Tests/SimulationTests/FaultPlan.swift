import Core
import Synchronization

@testable import Store

/// Lets one chosen statement of a database's connections fail.
final class FaultPlan: Sendable {
    /// How a statement fails.
    enum Kind: String, CaseIterable, Sendable {
        /// It does not run; the transaction stays open.
        case refused
        /// It does not run, and SQLite has undone the whole transaction by itself, as a full disk makes it do.
        case undone
        /// The write gate does not open in time.
        case gate
        /// A commit passes, and its caller is told that it did not.
        case uncertain

        /// Whether a statement can fail like this.
        func fits(_ sql: String) -> Bool {
            switch self {
            case .refused: true
            case .undone: !sql.hasPrefix("BEGIN")
            case .gate: sql == "BEGIN IMMEDIATE"
            case .uncertain: sql == "COMMIT"
            }
        }

        fileprivate func error(_ sql: String) -> any Error {
            switch self {
            case .refused: SQLiteError(operation: "step", resultCode: 10, reason: "disk I/O error", sql: sql)
            case .undone: SQLiteError(operation: "step", resultCode: 13, reason: "database or disk is full", sql: sql)
            case .gate: StoreError.gateTimeout(holder: nil, isStopped: false)
            case .uncertain: SQLiteError(operation: "step", resultCode: 1034, reason: "fsync failed", sql: sql)
            }
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

    /// What the database under test is opened with.
    var watch: StatementWatch {
        StatementWatch(
            before: { [self] sql, connection in
                guard let kind = due(sql) else { return }
                if kind == .undone { connection.rollBack() }
                throw kind.error(sql)
            },
            after: { [self] sql, _ in if let kind = dueAfter(sql) { throw kind.error(sql) } })
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
    private func due(_ sql: String) -> Kind? {
        state.withLock { state in
            guard state.isArmed, sql != "ROLLBACK" else { return nil }
            state.count += 1
            return state.kind == .uncertain ? nil : Self.hit(sql, &state)
        }
    }

    private func dueAfter(_ sql: String) -> Kind? {
        state.withLock { $0.isArmed && $0.kind == .uncertain ? Self.hit(sql, &$0) : nil }
    }

    private static func hit(_ sql: String, _ state: inout State) -> Kind? {
        guard let point = state.point, state.hit == nil, state.count > point, state.kind.fits(sql)
        else { return nil }
        state.hit = Hit(kind: state.kind, sql: sql, point: state.count - 1)
        return state.kind
    }
}
