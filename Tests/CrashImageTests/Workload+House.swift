import Core
import Store
import TestSupport

@testable import Queue

/// What workers and the keeper do.
extension Workload {
    /// Claims, or answers a claim made before.
    func work() throws {
        let worker = workers.randomElement(using: &generator)!
        if running.isEmpty || running.count < 3 && Bool.random(using: &generator) {
            let rows = [1, 100, 3_000].randomElement(using: &generator)!
            if let claim = try worker.claim(upToRows: rows) { running.append((worker, claim)) }
        } else {
            let (worker, claim) = running.remove(at: Int.random(in: 0..<running.count, using: &generator))
            let tasks = try numbers(of: claim)
            // What a reader sees before the flush must not need it.
            trace.beforeFlush { [service = service.tasks, ledger] in
                do { try Self.observe(tasks, service, ledger) } catch { fatalError("\(error)") }
            }
            try worker.complete(claim)
            trace.beforeFlush(nil)
            try Self.observe(tasks, service.tasks, ledger)
        }
    }

    /// A run that went wrong: its chunks go back, or wait.
    func failOnce() async throws {
        guard let claim = try workers[0].claim(upToRows: 100) else { return }
        if Bool.random(using: &generator) {
            try workers[0].leases.release(claim.chunks, of: claim, asSuspects: true)
        } else {
            for chunk in claim.chunks { try workers[0].leases.retry(chunk, of: claim, after: .milliseconds(100)) }
        }
    }

    /// A worker dies, the keeper gives its chunks to others, and a new one comes.
    func loseWorker() throws {
        let isOrderly = Bool.random(using: &generator)
        running.removeAll { $0.worker === workers.last }
        if isOrderly { try workers.last!.owner.leave() }
        // Without its owner the file that says it lives is free.
        workers.removeLast()
        workers.append(try service.makeWorker())
        _ = try upkeep.rescue()
    }

    func keepQueue() throws {
        try upkeep.promote()
        _ = try upkeep.stop()
        let stopped = ledger.all.indices.filter { ledger.all[$0].promises(at: .max).mayStop }
        try Self.observe(stopped, service.tasks, ledger)
    }

    /// Lets the results of all that has ended grow old, and deletes them.
    func sweep() throws {
        jump(Service.retention)
        for task in ledger.all.indices { ledger.note(.mayBeSwept, of: task) }
        // So the file holds what is deleted, and must shrink.
        try houseKeep { _ = try upkeep.checkpoint(isIdle: true) }
        try houseKeep { while try upkeep.sweep() {} }
        try houseKeep { while try upkeep.forgetKeys() {} }
        try houseKeep { try upkeep.releaseSpace(isIdle: true) }
        try houseKeep { _ = try upkeep.checkpoint(isIdle: true) }
    }

    /// The claimed chunks' tasks as the ledger numbers them.
    private func numbers(of claim: Claim) throws -> [Int] {
        try lookup.read { connection in
            try Set(claim.chunks.map(\.key.task)).sorted().compactMap { key in
                try connection.first("SELECT id FROM task WHERE key = ?", .integer(key)) { TaskID(bytes: $0.blob(0))! }
                    .flatMap { known[$0] }
            }
        }
    }

    /// Notes what callers see of some tasks now.
    static func observe(_ numbers: [Int], _ tasks: TaskStore, _ ledger: Ledger) throws {
        let entries = ledger.all
        for task in numbers {
            guard let stored = try tasks.task(entries[task].draft.id, owner: "local") else { continue }
            let page = try tasks.results(of: stored, from: .start, limit: Limits.pageRows * 10)
            ledger.note(.scored(positions: Set(page.parts.map(\.position))), of: task)
            if stored.task.status.isFinal { ledger.note(.ended(stored.task.status, stored.task.rows), of: task) }
        }
    }
}
