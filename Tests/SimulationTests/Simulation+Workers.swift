import Core
import TestSupport

@testable import Queue
@testable import Store

/// What workers do: claim, complete, give back, put aside, die, hang, come back, leave.
extension Simulation {
    func actAsWorker() async throws {
        guard let worker = pick(workers) else { return try startWorker() }
        if worker.process.isHanging {
            if chance(25) { try await comeBack(worker) }
            return
        }
        if worker.process.isDeclaredDead { return try await comeBack(worker) }
        switch int(in: 0..<100) {
        case 0..<40: try await claim(worker)
        case 40..<70: if let held = pick(worker.held) { try await complete(held, of: worker, inParts: chance(30)) }
        case 70..<77: if let held = pick(worker.held) { await release(held, of: worker) }
        case 77..<84: if let held = pick(worker.held) { await putAside(held, of: worker) }
        case 84..<87: if let held = pick(worker.held) { try await giveUp(held, of: worker) }
        case 87..<91:
            note("worker \(worker.process.key) hangs")
            worker.process.isHanging = true
        case 91..<95: drop(worker)
        case 95..<97:
            await leave(worker.process)
            drop(worker)
        default: if workers.count < 8 { try startWorker() }
        }
    }

    private func drop(_ worker: SimulatedWorker) {
        note("worker \(worker.process.key) is gone")
        if !worker.process.hasLeft {
            lose(worker)
            gone.append(worker.process)
        }
        worker.process.owner = nil
        workers.removeAll { $0 === worker }
    }

    /// Notes that a worker's chunks may be counted as lost with it.
    private func lose(_ worker: SimulatedWorker) {
        for chunk in worker.held.flatMap(\.claim.chunks) { losses[chunk.key, default: 0] += 1 }
    }

    func claim(_ worker: SimulatedWorker) async throws {
        guard worker.held.count < 3 else { return }
        let rows = int(in: 1...30)
        switch await attempt(
            "worker \(worker.process.key) claims",
            {
                try worker.leases.claim(of: [self.bench.model], upToRows: { _ in rows })
            })
        {
        case .done(let claim?): hold(claim, of: worker)
        case .done(nil): break
        case .failed: failedClaims += 1
        case .refused(let error):
            expect(
                worker.process.isDeclaredDead && error as? QueueError == .ownershipLost, "a claim was refused: \(error)"
            )
        }
    }

    private func hold(_ claim: Claim, of worker: SimulatedWorker) {
        note("  \(claim.chunks.map(\.key.rawValue))")
        for chunk in claim.chunks { check(chunk, for: worker) }
        worker.held.append(.init(claim))
    }

    /// A chunk that is claimed may run, is whole, and nobody else has it.
    private func check(_ chunk: ClaimedChunk, for worker: SimulatedWorker) {
        let others =
            workers.filter { $0 !== worker && !$0.process.isDeclaredDead }.flatMap(\.held)
            + worker.held
        expect(
            !others.contains { !$0.isInDoubt && $0.claim.chunks.contains { $0.key == chunk.key } },
            "a chunk was given to two")
        expect(parkedUntil[chunk.key] == nil, "a chunk ran before its time")
        if let known = attempts[chunk.key] ?? 0 {
            expect(chunk.attempts == known, "\(chunk.attempts) attempts are counted instead of \(known)")
        }
        expect(
            chunk.crashes <= losses[chunk.key, default: 0] + failedClaims,
            "more crashes are counted than workers were lost")
        guard let task = task(of: chunk) else { return fault("a chunk of an unknown task was claimed") }
        expect(task.mayRun, "a task ran before its time")
        guard let payload = chunk.payload, let rows = try? Rows(payload: payload.body),
            case .float(let numbers) = rows.columns[0], chunk.firstRow + chunk.rows <= task.numbers.count
        else { return fault("a chunk's rows are gone") }
        expect(
            numbers == Array(task.numbers[chunk.firstRow..<chunk.firstRow + chunk.rows]), "a chunk has other rows")
    }

    private func task(of chunk: ClaimedChunk) -> SimulatedTask? {
        let id = try? bench.read {
            try $0.first("SELECT id FROM task WHERE key = ?", .integer(chunk.key.task)) { TaskID(bytes: $0.blob(0))! }
        }
        return tasks.first { $0.id == id }
    }

    func complete(_ held: SimulatedWorker.Held, of worker: SimulatedWorker, inParts: Bool) async throws {
        let part = inParts ? [held.claim.chunks[0]] : held.claim.chunks
        await end(part, in: held, of: worker, as: try part.map(Bench.finished))
    }

    /// Ends a chunk as a worker does that has tried often enough.
    private func giveUp(_ held: SimulatedWorker.Held, of worker: SimulatedWorker) async throws {
        let chunk = held.claim.chunks[0]
        if let task = task(of: chunk) { task.givenUp.formUnion(chunk.firstRow..<chunk.firstRow + chunk.rows) }
        await end([chunk], in: held, of: worker, as: [Bench.failed(chunk)])
    }

    private func end(
        _ part: [ClaimedChunk], in held: SimulatedWorker.Held, of worker: SimulatedWorker, as finished: [FinishedChunk]
    ) async {
        let process = worker.process
        let claimsNext = chance(50)
        let outcome = await attempt("worker \(process.key) completes \(part.map(\.key.rawValue))") {
            let rowCost: Double? = self.chance(50) ? 40 : nil
            guard claimsNext else {
                return Leases.Completed(
                    lost: try worker.leases.complete(finished, of: held.claim, rowCost: rowCost))
            }
            let completed = try worker.leases.complete(
                finished, of: held.claim, rowCost: rowCost, thenClaimOf: [self.bench.model], upToRows: { _ in 7 })
            if let trouble = completed.trouble { throw trouble }
            return completed
        }
        switch outcome {
        case .done(let completed):
            let lost = completed.lost
            // The chunks that ended are forgotten first: the next claim has others.
            defer { if let next = completed.next { hold(next, of: worker) } }
            if process.isDeclaredDead {
                expect(lost == part.count, "a late completion was taken")
            } else if !held.isInDoubt {
                expect(lost == 0, "a completion was dropped though its lease held")
            }
            forget(part, in: held, of: worker)
        case .failed(let inDoubt):
            held.isInDoubt = held.isInDoubt || inDoubt
            if claimsNext { failedClaims += 1 }
        case .refused(let error): fault("a completion was refused: \(error)")
        }
    }

    private func forget(_ part: [ClaimedChunk], in held: SimulatedWorker.Held, of worker: SimulatedWorker) {
        let keys = Set(part.map(\.key))
        held.claim.chunks.removeAll { keys.contains($0.key) }
        worker.held.removeAll { $0.claim.chunks.isEmpty }
    }

    private func release(_ held: SimulatedWorker.Held, of worker: SimulatedWorker) async {
        let part = chance(50) ? [held.claim.chunks[0]] : held.claim.chunks
        let asSuspects = chance(50)
        let outcome = await attempt("worker \(worker.process.key) releases \(part.map(\.key.rawValue))") {
            try worker.leases.release(part, of: held.claim, asSuspects: asSuspects)
        }
        switch outcome {
        case .done: forget(part, in: held, of: worker)
        case .failed(let inDoubt): held.isInDoubt = held.isInDoubt || inDoubt
        case .refused(let error): fault("a release was refused: \(error)")
        }
    }

    private func putAside(_ held: SimulatedWorker.Held, of worker: SimulatedWorker) async {
        let (chunk, pause) = (held.claim.chunks[0], Duration.milliseconds(int(in: 1...60_000)))
        let until = now + pause
        let outcome = await attempt("worker \(worker.process.key) retries \(chunk.key.rawValue)") {
            try worker.leases.retry(chunk, of: held.claim, after: pause)
        }
        switch outcome {
        case .done:
            forget([chunk], in: held, of: worker)
            if worker.process.isDeclaredDead { return }
            if held.isInDoubt { return attempts[chunk.key] = .some(nil) }
            parkedUntil[chunk.key] = until
            if let known = attempts[chunk.key] ?? 0 { attempts[chunk.key] = known + 1 }
        case .failed(let inDoubt):
            if inDoubt { attempts[chunk.key] = .some(nil) }
            held.isInDoubt = held.isInDoubt || inDoubt
        case .refused(let error): fault("a retry was refused: \(error)")
        }
    }

    /// Lets a worker go on that stood still: what it had may have been given to others meanwhile.
    func comeBack(_ worker: SimulatedWorker) async throws {
        note("worker \(worker.process.key) comes back")
        worker.process.isHanging = false
        guard worker.process.isDeclaredDead else { return }
        for held in worker.held { try await complete(held, of: worker, inParts: false) }
        if chance(50) { try await claim(worker) }
        expect(worker.held.allSatisfy { $0.isInDoubt } || isFaulty, "a dead worker got chunks")
        worker.process.owner = nil
        workers.removeAll { $0 === worker }
        try startWorker()
    }
}
