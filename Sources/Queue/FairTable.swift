internal import Core
internal import Store

/// The statements on the order between callers, and between models.
enum FairTable {
    /// Ranks a new task of a caller; its flow is pushed with the commit.
    static func admit(
        owner: String, priority: Priority, model: Int64, rowCost: Double, rows: Int?, in connection: Connection
    ) throws -> FairRank {
        let tally = connection.state(FlowTally.self)
        let flow = Flow(owner: owner, priority: priority, model: model)
        var state = try tally.states[flow] ?? read(flow, in: connection)
        let rank = state.queue.admit(priority: priority, rowCost: rowCost, rows: rows)
        tally.states[flow] = state
        return rank
    }

    /// What an admission needs to know: where the model's order stands, where the flow goes on, and whether anything waits.
    private static let readSQL = """
        SELECT model_order.now, next, EXISTS (SELECT 1 FROM chunk WHERE state = 'ready' AND model = ?3)
        FROM (SELECT 1 AS one) AS always LEFT JOIN model_order ON model_order.model = ?3
            LEFT JOIN flow ON owner = ?1 AND priority = ?2 AND flow.model = ?3
        """

    private static func read(_ flow: Flow, in connection: Connection) throws -> FlowTally.State {
        let known = try connection.first(
            readSQL, .text(flow.owner), .text(flow.priority.rawValue), .integer(flow.model)
        ) {
            (now: $0.isNull(0) ? nil : $0.integer(0), next: $0.isNull(1) ? nil : $0.integer(1), waits: $0.int(2) != 0)
        }
        if known?.now == nil { try begin(flow.model, in: connection) }
        // Where nothing waits there is nobody to be fair to: work that was cancelled must not hold its caller back.
        let next = known?.waits == true ? known?.next : nil
        return FlowTally.State(queue: FairQueue(now: known?.now ?? 0, next: next ?? 0), isNew: known?.next == nil)
    }

    /// Begins the order of a model of which nothing has come yet.
    private static func begin(_ model: Int64, in connection: Connection) throws {
        try connection.run(
            "INSERT INTO model_order (model, now, shift) VALUES (?, 0, 0) ON CONFLICT (model) DO NOTHING",
            .integer(model))
    }

    fileprivate static func write(_ flow: Flow, _ state: FlowTally.State, in connection: Connection) throws {
        let values = [
            SQLValue.text(flow.owner), .text(flow.priority.rawValue), .integer(flow.model), .integer(state.queue.next),
        ]
        try connection.enqueueEach(
            connection.engine == .postgres && !state.isNew ? pushSQL : insertSQL, [values])
    }

    private static let insertSQL = """
        INSERT INTO flow (owner, priority, model, next) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (owner, priority, model) DO UPDATE SET next = excluded.next
        """

    /// Pushes a flow, unless another writer does so in this moment.
    ///
    /// Machines that waited here would commit a caller's tasks one after another, and groups with several callers would wait
    /// for each other in a circle. So a caller that keeps several machines busy is pushed by one of them at a time, and
    /// still has its place behind what it brought before.
    private static let pushSQL = """
        UPDATE flow SET next = ?4 WHERE (owner, priority, model) IN
            (SELECT owner, priority, model FROM flow WHERE owner = ?1 AND priority = ?2 AND model = ?3
                FOR UPDATE SKIP LOCKED)
        """

    /// How far a model's order has come.
    static func now(of model: Int64, in connection: Connection) throws -> Int64 {
        try connection.first("SELECT now FROM model_order WHERE model = ?", .integer(model)) { $0.integer(0) } ?? 0
    }

    /// How far the order of all has come: as far as the model that has come furthest.
    static func now(in connection: Connection) throws -> Int64 {
        try connection.first("SELECT coalesce(max(now + shift), 0) FROM model_order") { $0.integer(0) } ?? 0
    }

    /// Moves a model's order on to what is claimed; it never goes back.
    static func advance(_ model: Int64, to rank: Int64, in connection: Connection) throws {
        // With a server, whoever holds the row moves it about as far; nobody waits for that.
        let unlocked = """
            (SELECT model FROM model_order WHERE model = ?1 AND now < ?2 FOR UPDATE SKIP LOCKED)
            """
        try connection.enqueue(
            connection.engine == .sqlite
                ? "UPDATE model_order SET now = ?2 WHERE model = ?1 AND now < ?2"
                : "UPDATE model_order SET now = ?2 WHERE model = \(unlocked)", .integer(model), .integer(rank))
    }

    /// Brings a model that stood still back into the order of all.
    ///
    /// - Parameter old: the shift that was read; when another claim was faster, its own holds.
    static func shift(_ model: Int64, from old: Int64, to new: Int64, in connection: Connection) throws {
        try connection.run(
            "UPDATE model_order SET shift = ?3 WHERE model = ?1 AND shift = ?2", .integer(model), .integer(old),
            .integer(new))
    }
}

/// What a caller brings to a model at one priority.
private struct Flow: Hashable {
    let owner: String
    let priority: Priority
    let model: Int64
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
            ($0.key.owner, $0.key.priority.rawValue, $0.key.model)
                < ($1.key.owner, $1.key.priority.rawValue, $1.key.model)
        }
        for (flow, state) in ordered { try FairTable.write(flow, state, in: connection) }
    }
}

extension Submissions.Request {
    /// Gives a task's rows their place in the order.
    ///
    /// - Parameters:
    ///   - model: the model's key.
    ///   - rows: the task's rows; nil when more will come.
    ///   - firstRow: the first row that comes now.
    func rank(of model: Int64, rows: Int?, startingAt firstRow: Int = 0, in connection: Connection) throws -> FairRank {
        var rank = try FairTable.admit(
            owner: draft.owner, priority: draft.priority, model: model, rowCost: rowCost, rows: rows, in: connection)
        rank.firstRow = firstRow
        return rank
    }
}
