import Core
import TestSupport

@testable import Queue
@testable import Store

/// What a bystander sees of tasks, and the end of it all.
extension Simulation {
    func look() throws {
        if let task = pick(tasks) { try look(at: task) }
    }

    /// Compares a task with what was promised and with what was seen before.
    private func look(at task: SimulatedTask) throws {
        guard let stored = try bench.task(task.id) else {
            return expect(mayBeForgotten(task), "task \(task.id) is lost")
        }
        let seen = stored.task
        expect(seen.rows.total == task.numbers.count, "\(task.id) has \(seen.rows.total) rows of \(task.numbers.count)")
        expect(seen.rows.pending >= 0, "the counts of \(task.id) do not add up")
        expect(seen.revision >= task.seenRevision, "the revision of \(task.id) went back")
        expect(task.seenEnd == nil || task.seenEnd == seen.status, "\(task.id) ended twice")
        task.seenRevision = seen.revision
        checkEnd(of: task, seen)
        if stored.isSwept {
            return expect(task.isPurged || task.mayBeSwept, "\(task.id) was swept before its time")
        }
        try checkResults(of: task, stored)
    }

    /// Whether a task may be gone with its record: one row, whose time is over.
    private func mayBeForgotten(_ task: SimulatedTask) -> Bool {
        task.numbers.count == 1 && (task.isPurged || task.mayBeSwept)
    }

    private func checkEnd(of task: SimulatedTask, _ seen: PredictionTask) {
        guard seen.status.isFinal else { return }
        task.seenEnd = seen.status
        switch seen.status {
        case .completed: expect(seen.rows.succeeded == task.numbers.count, "\(task.id) completed without all rows")
        case .completedWithErrors: expect(!task.givenUp.isEmpty, "\(task.id) has errors that nobody made")
        case .cancelled: expect(task.mayBeCancelled, "\(task.id) was cancelled by nobody")
        case .expired: expect(task.mayExpire, "\(task.id) expired before its deadline")
        case .failed:
            expect(
                seen.failure == nil ? task.givenUp.count == task.numbers.count : task.mayBreak,
                "\(task.id) failed without reason")
        case .pending, .processing, .cancelling: break
        }
    }

    private func checkResults(of task: SimulatedTask, _ stored: StoredTask) throws {
        let results = try bench.results(stored)
        var visible: [Int: Float?] = [:]
        for (row, value) in results {
            expect(visible[row] == nil, "row \(row) of \(task.id) came out twice")
            expect(row < task.numbers.count, "a row came out that never went in")
            guard row < task.numbers.count else { continue }
            expect(
                value.map { $0 == task.numbers[row] * 2 } ?? task.givenUp.contains(row),
                "row \(row) of \(task.id) has another row's result")
            visible[row] = .some(value)
        }
        expect(results.map(\.row) == results.map(\.row).sorted(), "the rows of \(task.id) are out of order")
        for (row, value) in task.seen { expect(visible[row] == .some(value), "a visible row of \(task.id) changed") }
        task.seen = visible
        if stored.task.status.isFinal {
            expect(visible.count == stored.task.rows.done, "\(task.id) shows \(visible.count) of its results")
        }
    }

    // MARK: The end

    /// Lets every write pass, everybody finish and time run on; then nothing may be lost, doubled or stuck.
    func runOut() async throws {
        isFaulty = false
        note("everything runs out")
        for worker in workers where !worker.process.isWorking { try await comeBack(worker) }
        for worker in workers { worker.process.isHanging = false }
        try pass(.milliseconds(1))
        if workers.isEmpty { try startWorker() }
        try await finish()
        expect(try bench.count("SELECT count(*) FROM chunk WHERE state = 'leased'") == 0, "a lease that nobody holds")
        for process in receivers { try dropReceiver(process) }
        for pause in [1, 70, 70] {
            try pass(.seconds(pause), inOneStep: true)
            try await finish()
        }
        expect(
            try bench.count("SELECT count(*) FROM parked WHERE reason = 'backoff'") == 0,
            "a chunk waits for as long as the clock was set back")
        // Times that were set before the wall clock jumped back must come too, and the keeper's own time must catch up.
        for pause in [max(latestWall - now, .zero) + .seconds(25 * 3_600), .seconds(1_000 * 3_600)] {
            try pass(pause, inOneStep: true)
            try await finish()
        }
        check(try bench.invariantFaults())
        for task in tasks { try look(at: task) }
        try checkNothingIsStuck()
        try await checkNothingIsLeft()
    }

    private func finish() async throws {
        for _ in 0..<3 {
            try await rescue()
            for worker in workers where worker.process.isDeclaredDead { try await comeBack(worker) }
            await expire()
            while try keeper.stop() {}
            await promote()
            for worker in workers {
                repeat {
                    for held in worker.held { try await complete(held, of: worker, inParts: false) }
                    try await claim(worker)
                } while !worker.held.isEmpty
            }
        }
    }

    private func checkNothingIsStuck() throws {
        for (name, sql) in [
            ("chunks", "SELECT count(*) FROM chunk"), ("parked chunks", "SELECT count(*) FROM parked"),
            ("rows of the backlog", "SELECT sum(rows) FROM backlog"),
            ("tasks", "SELECT count(*) FROM task WHERE completed_ms IS NULL"),
        ] {
            let left = try bench.count(sql)
            expect(left == 0, "\(left) \(name) are stuck")
        }
        let count = try bench.count("SELECT count(*) FROM task")
        let known = tasks.count - tasks.count(where: mayBeForgotten)
        expect((known...tasks.count).contains(count), "\(count) tasks came of \(tasks.count)")
        for task in tasks where !task.mayBeCancelled && !task.mayExpire && !task.mayBreak && !task.mayBeSwept {
            expect(
                task.seen.count == task.numbers.count, "\(task.id) lost \(task.numbers.count - task.seen.count) rows")
        }
    }

    private func checkNothingIsLeft() async throws {
        // Longer than any jump of the wall clock, which retention follows at twice its pace.
        bench.clock.advance(by: Bench.retention + Limits.idempotency + .seconds(1_000 * 3_600))
        while try keeper.sweep() {}
        while try keeper.forgetKeys() {}
        for table in ["payload", "record", "result", "input", "idempotency"] {
            let left = try bench.count("SELECT count(*) FROM \(table)")
            expect(left == 0, "\(left) of \(table) are left after the sweep")
        }
        check(try bench.invariantFaults())
    }
}
