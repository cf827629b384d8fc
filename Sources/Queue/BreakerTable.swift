internal import Core
internal import Store

/// The statements on model versions whose runs fail: after some in a row nothing of them runs for a while, then one chunk
/// tries.
///
/// The rows stay where they are: a claim asks for a model, and a model that may not run is passed over, however much of it
/// waits.
enum BreakerTable {
    /// Counts a run that failed as a whole, and opens the breaker when it was one too many.
    ///
    /// - Returns: whether it opened the breaker.
    @discardableResult
    static func fail(_ model: Int64, at time: WallTime, in connection: Connection) throws -> Bool {
        let failures =
            try connection.first(
                """
                INSERT INTO breaker (model, failures) VALUES (?, 1)
                ON CONFLICT (model) DO UPDATE SET failures = breaker.failures + 1 RETURNING failures
                """, .integer(model)
            ) { $0.int(0) } ?? 1
        guard failures >= Limits.breakerFailures else { return false }
        try connection.run(
            """
            UPDATE breaker SET opened = opened + 1,
                open_until_ms = ?2 + CASE WHEN opened < 10 AND ?3 << opened < ?4 THEN ?3 << opened ELSE ?4 END
            WHERE model = ?1
            """, .integer(model), .time(time), .integer(Limits.breakerPause.wholeMilliseconds),
            .integer(Limits.breakerLongestPause.wholeMilliseconds))
        return true
    }

    /// Closes the breaker: a run has succeeded.
    static func succeed(_ model: Int64, in connection: Connection) throws {
        try connection.enqueue("DELETE FROM breaker WHERE model = ?", .integer(model))
    }

    /// What a model may run.
    enum State: Equatable {
        /// All that waits.
        case closed
        /// One chunk, to see whether it works again.
        case halfOpen
        /// Nothing.
        case open

        /// - Parameter openUntil: until when nothing may run; nil when it is not open. One further away than any pause was
        ///   written before the clock was set back, and does not count.
        init(openUntil: WallTime?, at time: WallTime) {
            let latest = time + Limits.breakerLongestPause
            self = openUntil.map { $0 <= time || $0 > latest ? .halfOpen : .open } ?? .closed
        }
    }

    /// Lets one claim try: others keep waiting as long again as its run may take.
    static func probe(_ model: Int64, until time: WallTime, in connection: Connection) throws {
        try connection.run("UPDATE breaker SET open_until_ms = ? WHERE model = ?", .time(time), .integer(model))
    }

    /// The models whose breaker is open, each with the time of the next try.
    static func open(at time: WallTime, in connection: Connection) throws -> [(model: Int64, until: WallTime)] {
        try connection.all(
            "SELECT model, open_until_ms FROM breaker WHERE open_until_ms > ? AND open_until_ms <= ?", .time(time),
            .time(time + Limits.breakerLongestPause)
        ) { ($0.integer(0), $0.time(1)) }
    }
}

/// The statements on models that somebody has paused.
enum PauseTable {
    /// The name that stands for all models.
    static let all = ""

    static func pause(_ model: String, at time: WallTime, in connection: Connection) throws {
        try connection.run(
            "INSERT INTO pause (model, since_ms) VALUES (?, ?) ON CONFLICT (model) DO NOTHING", .text(model),
            .time(time))
    }

    /// Lets models run again; resuming all forgets every pause.
    static func resume(_ model: String, in connection: Connection) throws {
        try connection.run("DELETE FROM pause WHERE ?1 = '' OR model = ?1", .text(model))
    }

    static func paused(in connection: Connection) throws -> [String] {
        try connection.all("SELECT model FROM pause ORDER BY model") { $0.text(0) }
    }
}
