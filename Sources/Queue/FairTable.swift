internal import Core
internal import Store

/// The statements on the order between callers.
enum FairTable {
    /// Ranks a new task of a caller; its flow is pushed with the commit.
    static func admit(
        owner: String, priority: Priority, rowCost: Double, rows: Int?, in connection: Connection
    ) throws -> FairRank {
        let tally = connection.state(FlowTally.self)
        let flow = Flow(owner: owner, priority: priority)
        var state = try tally.states[flow] ?? read(flow, in: connection)
        let rank = state.queue.admit(priority: priority, rowCost: rowCost, rows: rows)
        tally.states[flow] = state
        return rank
    }

    private static func read(_ flow: Flow, in connection: Connection) throws -> FlowTally.State {
        let known = try connection.first(
            """
            SELECT now, next FROM virtual_time LEFT JOIN flow ON owner = ? AND priority = ?
            """, .text(flow.owner), .text(flow.priority.rawValue)
        ) { (now: $0.integer(0), next: $0.isNull(1) ? nil : $0.integer(1)) }
        return FlowTally.State(
            queue: FairQueue(now: known?.now ?? 0, next: known?.next ?? 0), isNew: known?.next == nil)
    }

    fileprivate static func write(_ flow: Flow, _ state: FlowTally.State, in connection: Connection) throws {
        let values = [SQLValue.text(flow.owner), .text(flow.priority.rawValue), .integer(state.queue.next)]
        try connection.enqueueEach(
            connection.engine == .postgres && !state.isNew ? pushSQL : insertSQL, [values])
    }

    private static let insertSQL = """
        INSERT INTO flow (owner, priority, next) VALUES (?1, ?2, ?3)
        ON CONFLICT (owner, priority) DO UPDATE SET next = excluded.next
        """

    /// Pushes a flow, unless another writer does so in this moment.
    ///
    /// Machines that waited here would commit a caller's tasks one after another, and groups with several callers would wait
    /// for each other in a circle. So a caller that keeps several machines busy is pushed by one of them at a time, and
    /// still has its place behind what it brought before.
    private static let pushSQL = """
        UPDATE flow SET next = ?3 WHERE (owner, priority) IN
            (SELECT owner, priority FROM flow WHERE owner = ?1 AND priority = ?2 FOR UPDATE SKIP LOCKED)
        """

    /// How far the order has come.
    static func now(in connection: Connection) throws -> Int64 {
        try connection.first("SELECT now FROM virtual_time") { $0.integer(0) } ?? 0
    }

    /// Moves the order on to what is claimed; it never goes back.
    static func advance(to rank: Int64, in connection: Connection) throws {
        if connection.engine == .sqlite {
            try connection.enqueue("UPDATE virtual_time SET now = ?1 WHERE now < ?1", .integer(rank))
        } else {
            // Whoever holds the row moves it about as far; nobody waits for that.
            try connection.enqueue(
                """
                UPDATE virtual_time SET now = ?1
                WHERE key = (SELECT key FROM virtual_time WHERE now < ?1 FOR UPDATE SKIP LOCKED)
                """, .integer(rank))
        }
    }
}

/// What a caller brings at one priority.
private struct Flow: Hashable {
    let owner: String
    let priority: Priority
}

/// The flows that one transaction pushes.
private final class FlowTally: TransactionState {
    static let place = 1

    struct State {
        var queue: FairQueue
        /// Whether the caller never brought anything before.
        let isNew: Bool
    }

    var states: [Flow: State] = [:]

    func write(in connection: Connection) throws {
        let ordered = states.sorted {
            ($0.key.owner, $0.key.priority.rawValue) < ($1.key.owner, $1.key.priority.rawValue)
        }
        for (flow, state) in ordered { try FairTable.write(flow, state, in: connection) }
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
