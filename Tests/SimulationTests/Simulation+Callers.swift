import Core
import TestSupport

@testable import Queue
@testable import Store

/// What callers do: submit, repeat, cancel, purge and look.
extension Simulation {
    var now: WallTime { bench.clock.wall.now }

    func actAsCaller() async throws {
        switch int(in: 0..<100) {
        case 0..<28: try await submit()
        case 28..<36: try await repeatSubmission()
        case 36..<44: try await openStream()
        case 44..<50: try await openLater()
        case 50..<80: try await actAsStream()
        case 80..<86: try await stop(isPurge: chance(35))
        case 86..<90: try await endReceiver()
        default: try look()
        }
    }

    private func submit() async throws {
        let chunks = (0..<int(in: 1...3)).map { _ in bench.numbers(int(in: 1...5)) }
        let task = SimulatedTask(bench.request().draft.id, chunks.flatMap(\.self))
        let key = chance(40) ? "key \(task.id)" : nil
        var request = key.map { bench.request(key: $0, body: 1) } ?? bench.request()
        request.draft.id = task.id
        decorate(&request, task)
        task.isHeld = false
        if chance(20) { request.isHeld = true }
        if chance(30) { request.input = Scene.input }
        await accept(task, under: key.map { SimulatedKey($0, body: 1, task: task, at: now) }) {
            try await self.bench.submissions.submit(
                request, chunks: chunks.map { Bench.chunk($0, withRecords: request.input != nil) })
        }
    }

    /// Gives a request some of the options that change when its chunks may run.
    func decorate(_ request: inout Submissions.Request, _ task: SimulatedTask) {
        if chance(15) {
            task.notBefore = now + .seconds(int(in: 0...60))
            task.mayRun = false
        }
        if chance(10) { task.deadline = now + .seconds(int(in: 1...300)) }
        if chance(20) { request.draft.kept = .columns }
        request.notBefore = task.notBefore
        request.draft.deadline = task.deadline
    }

    /// Lets a verb make a task; after an unknown outcome the database tells whether it did.
    func accept(_ task: SimulatedTask, under key: SimulatedKey?, _ verb: () async throws -> Void) async {
        switch await attempt("accept \(task.id) of \(task.numbers.count)", verb) {
        case .done: add(task, key)
        case .failed(let inDoubt):
            guard (try? bench.task(task.id)) ?? nil != nil else { return }
            expect(inDoubt, "a submission was refused and is there")
            add(task, key)
        case .refused(let error): fault("a submission was refused: \(error)")
        }
    }

    private func add(_ task: SimulatedTask, _ key: SimulatedKey?) {
        tasks.append(task)
        if let key { keys.append(key) }
    }

    /// Sends a submission again, or another one under its key.
    private func repeatSubmission() async throws {
        guard let key = pick(keys) else { return }
        let body = chance(25) ? key.body + 1 : key.body
        let again = SimulatedTask(bench.request().draft.id, bench.numbers(2))
        var request = bench.request(key: key.text, body: body)
        request.draft.id = again.id
        // What was stopped before its input was whole frees its key, whatever stopped it.
        let wasStoppedEarly = !key.task.isSealed && (key.task.mayBeCancelled || key.task.mayExpire)
        let isFree =
            key.mayBeForgotten || key.task.mayBreak || wasStoppedEarly || now >= key.createdAt + Limits.idempotency
        let outcome = await attempt("repeat \(key.text)") {
            try await self.bench.submissions.submit(request, chunks: [Bench.chunk(again.numbers)])
        }
        switch outcome {
        case .done: replace(key, by: again, isFree: isFree)
        case .failed(let inDoubt):
            guard try bench.task(again.id) != nil else { return }
            expect(inDoubt, "a repeated submission was refused and is there")
            replace(key, by: again, isFree: isFree)
        case .refused(let error): checkRefusal(error, of: key, body: body)
        }
    }

    private func replace(_ key: SimulatedKey, by task: SimulatedTask, isFree: Bool) {
        expect(isFree, "a submission was done twice under one key")
        tasks.append(task)
        keys.removeAll { $0 === key }
    }

    private func checkRefusal(_ error: any Error, of key: SimulatedKey, body: UInt8) {
        switch error {
        case let replay as IdempotencyKey.Replay:
            expect(replay.task == key.task.id && body == key.body, "a key was answered with another task")
            expect(replay.rows == key.task.numbers.count, "a key was answered with another number of rows")
        case QueueError.keyMismatch: expect(body != key.body, "the same submission was taken for another")
        case QueueError.keyInProgress: expect(!key.task.isSealed, "a whole submission was taken for one in progress")
        default: fault("a repeated submission was refused: \(error)")
        }
    }

    private func stop(isPurge: Bool) async throws {
        guard let task = pick(tasks), let stored = try bench.task(task.id) else { return }
        // Even a write that fails may have passed.
        task.mayBeCancelled = true
        let outcome = await attempt("\(isPurge ? "purge" : "cancel") \(task.id)") {
            if isPurge {
                try await self.bench.submissions.purge(stored)
            } else {
                _ = try await self.bench.submissions.cancel(stored)
            }
        }
        if case .refused(let error) = outcome { fault("a task could not be stopped: \(error)") }
        if isPurge, case .failed(inDoubt: false) = outcome { return }
        if isPurge { task.isPurged = true }
    }
}
