package import Core
package import Store

/// What came of the trials of models, kept for all processes, so that each model is tried once and not by every worker.
///
/// One thread uses it. A verdict holds for a version's digest under the conditions of its trial, and for a time.
package final class Verdicts {
    /// What is known of a model.
    package enum Known: Sendable, Equatable {
        /// It was tried; the verdict holds for a time yet.
        case tried(ModelVerdict, remaining: Duration)
        /// Another process tries it now.
        case triedElsewhere
    }

    private let boot: String
    private let clock: WallClock
    private let writer: Writer

    /// - Parameter boot: this process, which is registered as an ``Owner``.
    package init(database: Database, boot: String, clock: WallClock) throws {
        self.boot = boot
        self.clock = clock
        // A verdict that is lost costs a trial.
        writer = try database.makeWriter(.relaxed)
    }

    /// Looks a verdict up.
    ///
    /// - Parameters:
    ///   - digest: of the version: `ModelIdentity.digest`.
    ///   - conditions: all else that a trial's outcome may hang on.
    /// - Returns: nil when nothing is known.
    package func find(_ digest: String, under conditions: String) throws -> Known? {
        try writer.read { try self.find(digest, conditions, in: $0) }
    }

    /// Takes a model's trial for this process, which then owes a ``record(_:of:under:)`` or a ``leave(_:under:)``.
    ///
    /// - Parameter limit: how long the trial takes at most; after it others may try.
    /// - Returns: nil when the trial is this process's; else what is known already.
    package func begin(_ digest: String, under conditions: String, limit: Duration) throws -> Known? {
        try writer.transaction { connection in
            if let known = try find(digest, conditions, in: connection) { return known }
            let now = clock.now
            try VerdictTable.prune(until: now, in: connection)
            let row = VerdictTable.Row(state: .trying, boot: boot, until: now + limit + Limits.trialGrace)
            try VerdictTable.replace(digest, conditions, with: row, in: connection)
            return nil
        }
    }

    /// Keeps what came of a trial.
    package func record(_ verdict: ModelVerdict, of digest: String, under conditions: String) throws {
        var row = VerdictTable.Row(state: .good, boot: boot, until: clock.now + verdict.life)
        if case .broken(let code, let message) = verdict {
            (row.state, row.code, row.message) = (.broken, code, message)
        }
        try writer.transaction { try VerdictTable.replace(digest, conditions, with: row, in: $0) }
    }

    /// Leaves a model to others: this process could not try it.
    package func leave(_ digest: String, under conditions: String) throws {
        try writer.transaction { try VerdictTable.delete(digest, conditions, in: $0) }
    }

    private func find(_ digest: String, _ conditions: String, in connection: Connection) throws -> Known? {
        guard let row = try VerdictTable.find(digest, conditions, in: connection) else { return nil }
        let remaining = row.until - clock.now
        guard let verdict = row.verdict else {
            // A trial ends with its process.
            let isTried = try row.boot != boot && VerdictTable.isAlive(row.boot, in: connection)
            return isTried && holds(remaining, of: Limits.longestTrial) ? .triedElsewhere : nil
        }
        return holds(remaining, of: verdict.life) ? .tried(verdict, remaining: remaining) : nil
    }

    /// A clock that was set back must not make a verdict live much longer; those of two machines differ a little.
    private func holds(_ remaining: Duration, of life: Duration) -> Bool { remaining > .zero && remaining <= life * 2 }
}

/// The statements on the verdicts of trials.
private enum VerdictTable {
    enum State: String {
        /// A process tries the model now.
        case trying
        case good
        case broken
    }

    struct Row {
        var state: State
        /// The process that tries, or tried, the model.
        let boot: String
        var code: ErrorCode?
        var message: String?
        let until: WallTime

        /// nil while the model is tried.
        var verdict: ModelVerdict? {
            switch state {
            case .trying: nil
            case .good: .good
            case .broken: .broken(code: code ?? .modelInvalid, message: message ?? "")
            }
        }
    }

    static func find(_ digest: String, _ conditions: String, in connection: Connection) throws -> Row? {
        try connection.first(
            "SELECT state, boot, code, message, until_ms FROM verdict WHERE digest = ? AND conditions = ?",
            .text(digest), .text(conditions)
        ) { row in
            guard let state = State(rawValue: row.text(0)) else { throw StoreError.corruptBlob }
            return Row(
                state: state, boot: row.text(1), code: row.optionalText(2).flatMap(ErrorCode.init(rawValue:)),
                message: row.optionalText(3), until: row.time(4))
        }
    }

    static func isAlive(_ boot: String, in connection: Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM owner WHERE boot = ?", .text(boot)) { _ in true } ?? false
    }

    static func replace(_ digest: String, _ conditions: String, with row: Row, in connection: Connection) throws {
        try delete(digest, conditions, in: connection)
        try connection.run(
            "INSERT INTO verdict (digest, conditions, state, boot, code, message, until_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
            .text(digest), .text(conditions), .text(row.state.rawValue), .text(row.boot),
            .optional(row.code?.rawValue), .optional(row.message), .time(row.until))
    }

    static func delete(_ digest: String, _ conditions: String, in connection: Connection) throws {
        try connection.run(
            "DELETE FROM verdict WHERE digest = ? AND conditions = ?", .text(digest), .text(conditions))
    }

    /// Forgets what is past its time, so that the table does not grow with each version of models and program.
    static func prune(until now: WallTime, in connection: Connection) throws {
        try connection.run("DELETE FROM verdict WHERE until_ms <= ?", .time(now))
    }
}
