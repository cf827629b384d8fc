import Core
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// A verb of the queue, what happens before it, and what its caller does when it failed.
struct Crossing: Sendable, CustomTestStringConvertible {
    let name: String
    /// Whether a failure, unless its outcome is unknown, leaves nothing behind.
    var isAtomic = true
    let prepare: @Sendable (Scene) async throws -> Void
    let run: @Sendable (Scene) async throws -> Void
    /// What the service does after a failure; nil for the verb once more.
    var again: (@Sendable (Scene) async throws -> Void)?
    /// Whether it is about SQLite's files; a server keeps its own by itself.
    var isAboutFiles = false

    var testDescription: String { name }

    static let all = accepting + streaming + stopping + working + keeping

    // MARK: Accepting

    private static let accepting = [
        Crossing(name: "submit one row", prepare: { _ in }) { try await $0.submitUnderKey([$0.numbers]) },
        Crossing(name: "submit a single", prepare: { _ in }) { try await $0.submitUnderKey([[$0.numbers[0]]]) },
        Crossing(name: "submit chunks", prepare: { _ in }) { scene in
            try await scene.submitUnderKey(scene.numbers.map { [$0] })
        },
        Crossing(name: "submit for later, held, with records", prepare: { _ in }) { scene in
            var request = scene.bench.request(key: scene.key, body: 1)
            request.input = Scene.input
            request.isHeld = true
            request.notBefore = scene.bench.clock.wall.now + .seconds(60)
            request.draft.kept = .records
            do {
                try await scene.bench.submissions.submit(
                    request, chunks: scene.numbers.map { Bench.chunk([$0], withRecords: true) }, tailBytes: 3)
                scene.expect(request.draft.id, scene.numbers)
            } catch let replay as IdempotencyKey.Replay {
                scene.expect(replay.task, scene.numbers)
            }
        },
    ]

    // MARK: Streams

    private static let streaming = [
        Crossing(
            name: "open", isAtomic: false, prepare: { _ in },
            run: { scene in
                scene.receiving = try await scene.bench.submissions.open(
                    scene.bench.request(key: scene.key, body: nil), receiver: scene.receiver)
                try await scene.bench.submissions.abandon(scene.receiving!, because: .uploadIncomplete)
            },
            again: { scene in
                // The upload that nobody knows of ends with its process.
                try scene.receiver.leave()
                try scene.replaceReceiver()
                try await scene.openStream(scene.numbers)
                try await scene.bench.submissions.seal(scene.receiving!, fingerprint: [UInt8](repeating: 1, count: 32))
                scene.expect(scene.receiving!.id, scene.numbers)
            }),
        Crossing(
            name: "append", isAtomic: false, prepare: { try await $0.openStream([$0.numbers[0]]) },
            run: { scene in
                try await scene.bench.submissions.append(
                    [Bench.chunk(Array(scene.numbers[1...]), withRecords: true)], to: scene.receiving!,
                    input: Scene.input)
                try await seal(scene)
            },
            again: abandonAndRepeat),
        Crossing(
            name: "append to an upload that may go on", isAtomic: false,
            prepare: { try await $0.openResumable([$0.numbers[0]]) },
            run: { scene in
                try await scene.bench.submissions.append(
                    [Bench.chunk(Array(scene.numbers[1...]))], to: scene.receiving!, input: Scene.input)
                try await scene.bench.submissions.seal(scene.receiving!)
                scene.expect(scene.stored!.task.id, scene.numbers)
            },
            again: pauseAndGoOn),
        Crossing(
            name: "seal", prepare: { try await $0.openStream($0.numbers) }, run: seal, again: abandonAndRepeat),
        Crossing(
            name: "seal what was held", prepare: { try await $0.openHeld() }, run: seal, again: abandonAndRepeat),
        Crossing(name: "open for later", prepare: { _ in }) { scene in
            var request = scene.bench.request(key: scene.key, body: 1)
            request.input = Scene.input
            do {
                try await scene.bench.submissions.open(later: request)
            } catch is IdempotencyKey.Replay {}
        },
        Crossing(
            name: "resume", isAtomic: false,
            prepare: { scene in
                try await scene.openResumable(scene.numbers)
                try await scene.bench.submissions.pause(scene.receiving!)
            },
            run: { scene in
                let receiving = try await scene.resume()
                try await scene.bench.submissions.seal(receiving)
                scene.expect(scene.stored!.task.id, scene.numbers)
            },
            again: pauseAndGoOn),
        Crossing(name: "pause", prepare: { try await $0.openResumable($0.numbers) }) { scene in
            try await scene.bench.submissions.pause(scene.receiving!)
        },
        Crossing(name: "abandon", prepare: { try await $0.openStream($0.numbers) }) { scene in
            try await scene.bench.submissions.abandon(scene.receiving!, because: .uploadIncomplete)
        },
    ]

    private static let seal: @Sendable (Scene) async throws -> Void = { scene in
        try await scene.bench.submissions.seal(
            scene.receiving!, input: Scene.input, fingerprint: [UInt8](repeating: 1, count: 32))
        scene.expect(scene.receiving!.id, scene.numbers)
    }

    /// What the API does with a stream that cannot go on, and then its caller.
    private static let abandonAndRepeat: @Sendable (Scene) async throws -> Void = { scene in
        try await scene.bench.submissions.abandon(scene.receiving!, because: .limitReached)
        try await scene.submitUnderKey([scene.numbers])
    }

    /// What the API does with an upload that may go on, and then its caller, who asks how much has come.
    private static let pauseAndGoOn: @Sendable (Scene) async throws -> Void = { scene in
        try await scene.bench.submissions.pause(scene.receiving!)
        let now = try scene.bench.task(scene.stored!.task.id)!.task
        scene.expect(now.id, scene.numbers)
        if now.input == .complete { return }
        let receiving = try await scene.resume()
        let rest = Array(scene.numbers[(now.inputBytes / 5)...])
        if !rest.isEmpty {
            try await scene.bench.submissions.append([Bench.chunk(rest)], to: receiving, input: Scene.input)
        }
        try await scene.bench.submissions.seal(receiving)
    }

    // MARK: Stopping

    private static let stopping = [
        Crossing(name: "cancel", prepare: waitingTask) { _ = try await $0.bench.submissions.cancel($0.stored!) },
        Crossing(name: "purge", prepare: waitingTask) { try await $0.bench.submissions.purge($0.stored!) },
        Crossing(
            name: "purge of an ended task",
            prepare: { scene in
                try await waitingTask(scene)
                let claim = try scene.claimAll()!
                _ = try scene.leases.complete(claim.chunks.map(Bench.finished), of: claim)
            }
        ) { try await $0.bench.submissions.purge($0.stored!) },
    ]

    private static let waitingTask: @Sendable (Scene) async throws -> Void = { scene in
        scene.stored = try scene.bench.task(try await scene.submit(scene.numbers.map { [$0] }))
    }
}
