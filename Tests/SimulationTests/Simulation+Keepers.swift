import Core
import TestSupport

@testable import Queue
@testable import Store

/// What the keeper does, and time.
extension Simulation {
    func actAsKeeper() async throws {
        switch int(in: 0..<100) {
        case 0..<28: try await rescue()
        case 28..<38: await expire()
        case 38..<60: await keep("stop") { _ = try self.keeper.stop() }
        case 60..<80: await promote()
        case 80..<90: try await sweep()
        case 90..<94: await keep("checkpoint") { _ = try self.keeper.checkpoint(isIdle: self.chance(50)) }
        case 94..<97: await keep("give space back") { try self.keeper.releaseSpace(isIdle: self.chance(50)) }
        default:
            note("another keeper is elected")
            keeper = try bench.makeUpkeep()
        }
    }

    private func keep(_ name: String, _ verb: () throws -> Void) async {
        if case .refused(let error) = await attempt(name, { try verb() }) { fault("\(name) was refused: \(error)") }
    }

    func rescue() async throws {
        let outcome = await attempt("rescue") { try self.keeper.rescue() }
        if case .refused(let error) = outcome { fault("rescue was refused: \(error)") }
        let owners = Set(try bench.read { try $0.all("SELECT key FROM owner") { $0.integer(0) } })
        for process in processes where !process.isDeclaredDead && !process.hasLeft {
            if owners.contains(process.key) {
                if case .done = outcome { expect(process.owner != nil, "a dead process was not seen") }
            } else {
                declareDead(process)
            }
        }
        gone.removeAll(where: \.isDeclaredDead)
    }

    private func declareDead(_ process: SimulatedProcess) {
        note("  \(process.key) is declared dead")
        process.isDeclaredDead = true
        let stood = bench.clock.steady.now - process.lastBeat
        expect(process.owner == nil || stood >= Bench.lease, "a process that beat \(stood) ago was declared dead")
        for worker in workers where worker.process === process {
            for chunk in worker.held.flatMap(\.claim.chunks) { losses[chunk.key, default: 0] += 1 }
        }
        for stream in streams where stream.process === process {
            stream.standing = .stale
            if stream.task.isResumable {
                // Its time begins anew, by a clock that may have been set back meanwhile.
                stream.task.touchedAt = min(now, stream.task.touchedAt ?? now)
            } else {
                stream.task.mayBreak = true
            }
        }
    }

    func expire() async {
        for task in tasks {
            if let deadline = task.deadline, now >= deadline { task.mayExpire = true }
            if task.isResumable, let touched = task.touchedAt, now >= touched + Limits.uploadIdle {
                task.mayBreak = true
            }
        }
        await keep("expire") { try self.keeper.expire() }
    }

    func promote() async {
        // A clock that was set back does not make a chunk wait for it.
        parkedUntil = parkedUntil.filter { $0.value > now && $0.value <= now + Limits.backoff }
        for task in tasks where !task.mayRun && (!task.isHeld || task.isSealed) {
            if task.notBefore.map({ $0 <= now }) ?? true { task.mayRun = true }
        }
        await keep("promote") { try self.keeper.promote() }
    }

    func sweep() async throws {
        for key in keys where now >= key.createdAt + Limits.idempotency { key.mayBeForgotten = true }
        let ended = try bench.read {
            try $0.all("SELECT id, completed_ms FROM task WHERE completed_ms IS NOT NULL AND swept_ms IS NULL") {
                (TaskID(bytes: $0.blob(0))!, $0.time(1))
            }
        }
        for (id, completedAt) in ended where now >= completedAt + Bench.retention {
            tasks.first { $0.id == id }?.mayBeSwept = true
        }
        await keep("sweep") { _ = try self.keeper.sweep() }
        await keep("forget keys") { _ = try self.keeper.forgetKeys() }
    }

    // MARK: Time

    func passTime() async throws {
        switch int(in: 0..<100) {
        case 0..<70: try pass(.milliseconds(int(in: 1...5_000)))
        case 70..<85: try pass(.seconds(int(in: 5...40)))
        case 85..<88: try pass(.seconds(int(in: 600...4_000)), inOneStep: true)
        default:
            let hours = chance(30) ? 30 : 1
            let jump = Duration.seconds(int(in: -3_600 * hours...3_600 * hours))
            note("the wall clock jumps by \(jump)")
            latestWall = max(latestWall, now)
            bench.clock.jumpWall(by: jump)
        }
    }

    /// Lets time pass in which whoever lives moves its beat.
    ///
    /// - Parameter inOneStep: whether the whole machine stood still meanwhile.
    func pass(_ time: Duration, inOneStep: Bool = false) throws {
        note("\(time) pass")
        var left = time
        while left > .zero {
            let step = inOneStep ? left : min(left, Bench.lease / 3)
            bench.clock.advance(by: step)
            left -= step
            try beat()
        }
    }

    private func beat() throws {
        let alive = processes.filter { $0.owner != nil && !$0.isHanging && !$0.hasLeft }
        try bench.beat(alive.map(\.key))
        for process in alive where !process.isDeclaredDead { process.lastBeat = bench.clock.steady.now }
    }
}
