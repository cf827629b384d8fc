import Core
import TestSupport

@testable import Queue
@testable import Store

/// What workers and the keeper do.
extension Crossing {
    static let working = [
        Crossing(name: "claim", isAtomic: false, prepare: severalTasks) { scene in
            scene.claim = try scene.claimAll()
            if scene.claim?.rows != scene.numbers.count { throw Missing() }
        },
        Crossing(name: "complete", prepare: claimedTasks) { scene in
            let claim = scene.claim!
            let lost = try scene.leases.complete(claim.chunks.map(Bench.finished), of: claim, rowCost: 40)
            // Others can have nothing: what is gone was stored by the try whose outcome was unknown.
            if lost != (scene.hit?.kind == .uncertain ? claim.chunks.count : 0) { throw Missing() }
            scene.claim = nil
        },
        Crossing(
            name: "complete in parts", isAtomic: false, prepare: claimedTasks,
            run: { scene in
                let claim = scene.claim!
                for chunk in claim.chunks { _ = try scene.leases.complete([Bench.finished(chunk)], of: claim) }
                scene.claim = nil
            }),
        Crossing(name: "release as suspects", prepare: claimedTasks) { scene in
            try scene.leases.release(scene.claim!.chunks, of: scene.claim!, asSuspects: true)
            scene.claim = nil
        },
        Crossing(name: "retry later", prepare: claimedTasks) { scene in
            let claim = scene.claim!
            try scene.leases.retry(claim.chunks[0], of: claim, after: .seconds(30))
            scene.claim!.chunks.removeFirst()
        },
        Crossing(
            name: "leave with chunks", isAtomic: false, prepare: claimedTasks,
            run: { scene in
                try scene.worker.leave()
                scene.claim = nil
                try scene.replaceWorker()
            }),
        Crossing(
            name: "leave with uploads", isAtomic: false,
            prepare: { scene in
                try await scene.openStream([scene.numbers[0]])
                try await scene.openResumable(Array(scene.numbers[1...]))
            },
            run: { scene in
                try scene.receiver.leave()
                try scene.replaceReceiver()
            }),
        Crossing(name: "register", isAtomic: false, prepare: { _ in }) { try $0.replaceWorker() },
    ]

    static let keeping = [
        Crossing(
            name: "rescue", isAtomic: false,
            prepare: { scene in
                try await claimedTasks(scene)
                scene.claim = nil
                try scene.replaceWorker()
                try await scene.openStream([9])
                try await scene.openResumable([9])
                try scene.replaceReceiver()
            },
            run: { _ = try $0.upkeep.rescue() }),
        Crossing(
            name: "stop", isAtomic: false,
            prepare: { scene in
                for isParked in [false, true] {
                    let task = try await scene.submit(
                        scene.numbers.map { [$0] },
                        notBefore: isParked ? scene.bench.clock.wall.now + .seconds(9) : nil)
                    _ = try await scene.bench.submissions.cancel(scene.bench.task(task)!)
                }
            },
            run: { try $0.upkeep.stop() }),
        Crossing(
            name: "expire",
            prepare: { scene in
                try await scene.submit(
                    [scene.numbers], deadline: scene.bench.clock.wall.now + .seconds(5 * 24 * 3_600))
                try await scene.openResumable([9])
                try await scene.bench.submissions.pause(scene.receiving!)
                scene.bench.clock.advance(by: .seconds(6 * 24 * 3_600))
            },
            run: { try $0.upkeep.expire() }),
        Crossing(
            name: "promote",
            prepare: { scene in
                let time = scene.bench.clock.wall.now + .seconds(60)
                scene.expect(try await scene.submit(scene.numbers.map { [$0] }, notBefore: time), scene.numbers)
                scene.bench.clock.advance(by: .seconds(60))
            },
            run: { try $0.upkeep.promote() }),
        Crossing(
            name: "sweep", isAtomic: false,
            prepare: { scene in
                try await claimedTasks(scene)
                let claim = scene.claim!
                _ = try scene.leases.complete(claim.chunks.map(Bench.finished), of: claim)
                scene.claim = nil
                scene.begin()
                scene.bench.clock.advance(by: Bench.retention + Limits.idempotency)
            },
            run: {
                _ = try $0.upkeep.sweep()
                _ = try $0.upkeep.forgetKeys()
            }),
        Crossing(
            name: "checkpoint", prepare: severalTasks, run: { _ = try $0.upkeep.checkpoint(isIdle: true) },
            isAboutFiles: true),
        Crossing(
            name: "give space back", prepare: severalTasks, run: { try $0.upkeep.releaseSpace(isIdle: true) },
            isAboutFiles: true),
    ]

    struct Missing: Error {}

    private static let severalTasks: @Sendable (Scene) async throws -> Void = { scene in
        scene.expect(try await scene.submit([[scene.numbers[0]]]), [scene.numbers[0]])
        let rest = Array(scene.numbers[1...])
        scene.expect(try await scene.submit(rest.map { [$0] }), rest)
    }

    private static let claimedTasks: @Sendable (Scene) async throws -> Void = { scene in
        try await severalTasks(scene)
        scene.claim = try scene.claimAll()
    }
}

extension Scene {
    /// Opens an upload whose rows wait for its end.
    func openHeld() async throws {
        var request = bench.request(key: key, body: nil)
        request.isHeld = true
        let receiving = try await bench.submissions.open(request, receiver: receiver)
        try await bench.submissions.append(numbers.map { Bench.chunk([$0]) }, to: receiving, input: Self.input)
        self.receiving = receiving
    }
}
