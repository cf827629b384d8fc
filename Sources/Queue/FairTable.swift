internal import Core
internal import Store

/// The statements on the order between callers.
enum FairTable {
    /// Ranks a new task of a caller.
    static func admit(
        owner: String, priority: Priority, rowCost: Double, rows: Int?, in connection: Connection
    ) throws -> FairRank {
        let next = try connection.first(
            "SELECT next FROM flow WHERE owner = ? AND priority = ?", .text(owner), .text(priority.rawValue)
        ) { $0.integer(0) }
        var queue = FairQueue(now: try now(in: connection), next: next ?? 0)
        let rank = queue.admit(priority: priority, rowCost: rowCost, rows: rows)
        if connection.engine == .postgres, next != nil {
            try push(owner, priority, to: queue.next, in: connection)
            return rank
        }
        try connection.run(
            """
            INSERT INTO flow (owner, priority, next) VALUES (?, ?, ?)
            ON CONFLICT (owner, priority) DO UPDATE SET next = excluded.next
            """,
            .text(owner), .text(priority.rawValue), .integer(queue.next))
        return rank
    }

    /// Pushes a flow, unless another writer does so in this moment.
    ///
    /// Machines that waited here would commit a caller's tasks one after another, and groups with several callers would wait
    /// for each other in a circle. So a caller that keeps several machines busy is pushed by one of them at a time, and
    /// still has its place behind what it brought before.
    private static func push(
        _ owner: String, _ priority: Priority, to next: Int64, in connection: Connection
    ) throws {
        try connection.run(
            """
            UPDATE flow SET next = ?3 WHERE (owner, priority) IN
                (SELECT owner, priority FROM flow WHERE owner = ?1 AND priority = ?2 FOR UPDATE SKIP LOCKED)
            """, .text(owner), .text(priority.rawValue), .integer(next))
    }

    /// How far the order has come.
    static func now(in connection: Connection) throws -> Int64 {
        try connection.first("SELECT now FROM virtual_time") { $0.integer(0) } ?? 0
    }

    /// Moves the order on to what is claimed; it never goes back.
    static func advance(to rank: Int64, in connection: Connection) throws {
        if connection.engine == .sqlite {
            try connection.run("UPDATE virtual_time SET now = ?1 WHERE now < ?1", .integer(rank))
        } else {
            // Whoever holds the row moves it about as far; nobody waits for that.
            try connection.run(
                """
                UPDATE virtual_time SET now = ?1
                WHERE key = (SELECT key FROM virtual_time WHERE now < ?1 FOR UPDATE SKIP LOCKED)
                """, .integer(rank))
        }
    }
}

extension Submissions.Request {
    /// Gives a task's rows their place in the order.
    ///
    /// - Parameters:
    ///   - rows: the task's rows; nil when more will come.
    ///   - firstRow: the first row that comes now.
    func rank(rows: Int?, startingAt firstRow: Int = 0, in connection: Connection) throws -> FairRank {
        var rank = try FairTable.admit(
            owner: draft.owner, priority: draft.priority, rowCost: rowCost, rows: rows, in: connection)
        rank.firstRow = firstRow
        return rank
    }
}
