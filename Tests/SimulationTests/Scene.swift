import Core
import TestSupport

@testable import Queue
@testable import Store

/// One queue with one worker, one receiving process and a keeper: the stage on which a verb is tried with each fault.
final class Scene {
    let bench: Bench
    var worker: Owner
    var leases: Leases
    var receiver: Owner
    var upkeep: Upkeep
    var claim: Claim?
    var receiving: Submissions.Receiving?
    var stored: StoredTask?
    /// The rows with which the verb under test deals.
    var numbers: [Float] = []
    /// A key that no earlier round used.
    var key = ""
    /// How the last try failed; nil when it passed.
    var hit: FaultPlan.Hit?
    private var expected: [(task: TaskID, numbers: [Float])] = []
    private var rounds = 0

    static let input = StoredInput(options: "[]")

    init(_ engine: Engine = .sqlite) async throws {
        bench = try await Bench(engine)
        worker = try bench.makeOwner(.worker)
        leases = try bench.makeLeases(of: worker)
        receiver = try bench.makeOwner(.api)
        upkeep = try bench.makeUpkeep()
    }

    /// Clears the stage for the next round.
    func begin() {
        rounds += 1
        key = "key \(rounds)"
        (claim, receiving, stored, hit) = (nil, nil, nil, nil)
        expected = []
        numbers = bench.numbers(3)
    }

    /// Notes a task of which every row must come out.
    func expect(_ task: TaskID, _ numbers: [Float]) { expected.append((task, numbers)) }

    // MARK: Moves

    /// Submits a task of the given chunks, all of whose rows must come out.
    @discardableResult
    func submit(_ chunks: [[Float]], notBefore: WallTime? = nil, deadline: WallTime? = nil) async throws -> TaskID {
        var request = bench.request()
        request.notBefore = notBefore
        request.draft.deadline = deadline
        try await bench.submissions.submit(request, chunks: chunks.map { Bench.chunk($0) })
        return request.draft.id
    }

    /// Submits under the round's key as often as it takes, and takes the first answer for the answer.
    func submitUnderKey(_ chunks: [[Float]]) async throws {
        let request = bench.request(key: key, body: 1)
        do {
            try await bench.submissions.submit(request, chunks: chunks.map { Bench.chunk($0) })
            expect(request.draft.id, chunks.flatMap(\.self))
        } catch let replay as IdempotencyKey.Replay {
            expect(replay.task, chunks.flatMap(\.self))
        }
    }

    /// Opens an upload under the round's key, whose first rows have come.
    func openStream(_ numbers: [Float]) async throws {
        let receiving = try await bench.submissions.open(bench.request(key: key, body: nil), receiver: receiver)
        try await bench.submissions.append([Bench.chunk(numbers)], to: receiving, input: Self.input)
        self.receiving = receiving
    }

    /// Opens an upload that may go on after a break, and begins it.
    func openResumable(_ numbers: [Float]) async throws {
        var request = bench.request()
        request.input = Self.input
        try await bench.submissions.open(later: request)
        stored = try bench.task(request.draft.id)
        let resumed = try await resume()
        try await bench.submissions.append([Bench.chunk(numbers)], to: resumed, input: Self.input)
        receiving = resumed
    }

    /// Takes over the upload where its stored input ends.
    func resume() async throws -> Submissions.Receiving {
        guard let stored, let now = try bench.task(stored.task.id) else { throw StoreError.corruptBlob }
        var request = bench.request()
        request.draft.id = stored.task.id
        return try await bench.submissions.resume(
            stored, as: request, at: now.task.inputBytes, receiver: receiver
        ).receiving
    }

    func claimAll() throws -> Claim? { try leases.claim(of: [bench.model], upToRows: { _ in 1_000 }) }

    /// Lets the worker die and another take its place.
    func replaceWorker() throws {
        worker = try bench.makeOwner(.worker)
        leases = try bench.makeLeases(of: worker)
    }

    func replaceReceiver() throws { receiver = try bench.makeOwner(.api) }

    // MARK: The end

    /// Lets everything run out, and names what is wrong then.
    func settle() throws -> [String] {
        if let claim { _ = try leases.complete(claim.chunks.map(Bench.finished), of: claim) }
        claim = nil
        for pause in [0, 61, 25 * 3_600] {
            bench.clock.advance(by: .seconds(pause))
            try bench.beat([worker.key, receiver.key])
            _ = try upkeep.rescue()
            try upkeep.expire()
            while try upkeep.stop() {}
            try upkeep.promote()
            while let claim = try claimAll() {
                _ = try leases.complete(claim.chunks.map(Bench.finished), of: claim)
            }
            while try upkeep.stop() {}
        }
        var faults = try bench.invariantFaults() + lost() + stuck()
        bench.clock.advance(by: .seconds(25 * 3_600))
        try bench.beat([worker.key, receiver.key])
        while try upkeep.sweep() {}
        while try upkeep.forgetKeys() {}
        faults += try leftovers()
        return faults
    }

    /// The tasks whose rows did not come out, each once and in order.
    private func lost() throws -> [String] {
        try expected.compactMap { expected in
            guard let task = try bench.task(expected.task) else { return "a task is lost" }
            let results = try bench.results(task)
            if task.task.status != .completed { return "a task ended \(task.task.status)" }
            if results.map(\.row) != Array(0..<expected.numbers.count) { return "rows are lost or doubled" }
            return results.map(\.value) == expected.numbers.map { $0 * 2 } ? nil : "rows are mixed up"
        } + doubled()
    }

    /// Rows that came out of two tasks: each number is one row's own.
    private func doubled() throws -> [String] {
        let again = try bench.count("SELECT count(*) - count(DISTINCT task) FROM idempotency")
        return again == 0 ? [] : ["two keys for one task"]
    }

    private func stuck() throws -> [String] {
        let sql = [
            "chunks": "SELECT count(*) FROM chunk", "parked chunks": "SELECT count(*) FROM parked",
            "backlog": "SELECT sum(rows) FROM backlog",
            "tasks": "SELECT count(*) FROM task WHERE completed_ms IS NULL",
        ]
        return try sql.sorted { $0.key < $1.key }.compactMap { name, sql in
            let left = try bench.count(sql)
            return left == 0 ? nil : "stuck: \(left) \(name)"
        }
    }

    private func leftovers() throws -> [String] {
        try ["payload", "record", "result", "input", "idempotency"].compactMap { table in
            let left = try bench.count("SELECT count(*) FROM \(table)")
            return left == 0 ? nil : "left after the sweep: \(left) of \(table)"
        }
    }

    /// Every row of every table, to see whether anything changed.
    func contents() throws -> [String] {
        try bench.read { connection in
            if connection.engine == .postgres { return try Self.serverContents(connection) }
            let tables = try connection.all(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
            ) { $0.text(0) }
            return try tables.flatMap { table in
                let columns = try connection.all("SELECT name FROM pragma_table_info(?)", .text(table)) {
                    "quote(\($0.text(0)))"
                }
                return try connection.all("SELECT \(columns.joined(separator: "||','||")) FROM \(table)") {
                    table + ": " + $0.text(0)
                }
            }
        }
    }

    private static func serverContents(_ connection: Connection) throws -> [String] {
        let tables = try connection.all(
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
        ) { $0.text(0) }
        return try tables.flatMap { table in
            try connection.all("SELECT stored::text FROM \(table) AS stored ORDER BY 1") { table + ": " + $0.text(0) }
        }
    }
}
