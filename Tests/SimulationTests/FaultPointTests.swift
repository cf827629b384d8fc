import Core
import Foundation
import Testing

@testable import Store

/// Every statement of every verb fails once, in each way in which it can.
@Suite struct FaultPointTests {
    @Test(arguments: Crossing.all, FaultPlan.Kind.all(on: .sqlite))
    func `a fault at any statement loses nothing, doubles nothing and leaves nothing stuck`(
        crossing: Crossing, kind: FaultPlan.Kind
    ) async throws {
        try await run(crossing, kind, on: .sqlite)
    }

    /// `SIBYL_SOAK=1` tries them all.
    private static let onServer = Crossing.all.filter { crossing in
        let isLong = ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1"
        return !crossing.isAboutFiles && (isLong || ["submit chunks", "claim", "complete"].contains(crossing.name))
    }

    @Test(.serialized, arguments: onServer, FaultPlan.Kind.all(on: .postgres))
    func `on a server too, a fault at any statement loses nothing, doubles nothing and leaves nothing stuck`(
        crossing: Crossing, kind: FaultPlan.Kind
    ) async throws {
        try await run(crossing, kind, on: .postgres)
    }

    private func run(_ crossing: Crossing, _ kind: FaultPlan.Kind, on engine: Engine) async throws {
        let scene = try await Scene(engine)
        var point = 0
        while let hit = try await round(crossing, kind, at: point, on: scene) { point = hit.point + 1 }
        // A verb that never writes has no commit to fail; all others were hit.
        #expect(point > 0 || kind != .refused)
    }

    /// Runs a verb with one fault and lets everything run out.
    ///
    /// - Returns: nil when the verb has no such statement any more, so that it passed.
    private func round(
        _ crossing: Crossing, _ kind: FaultPlan.Kind, at point: Int, on scene: Scene
    ) async throws -> FaultPlan.Hit? {
        scene.begin()
        try await crossing.prepare(scene)
        let before = try scene.contents()
        let failure = await failure(of: crossing, kind, at: point, on: scene)
        let place: Comment = "\(crossing.name), \(kind) at \(point): \(scene.hit?.sql ?? "")"
        #expect((failure == nil) == (scene.hit?.kind.isHealed ?? true), place)
        #expect(try scene.bench.invariantFaults() == [], place)
        if let hit = scene.hit, !hit.kind.isHealed {
            if crossing.isAtomic, hit.kind != .uncertain {
                #expect(try scene.contents() == before, place)
            }
            try await (crossing.again ?? crossing.run)(scene)
            #expect(try scene.bench.invariantFaults() == [], place)
        }
        #expect(try scene.settle() == [], place)
        return scene.hit
    }

    private func failure(
        of crossing: Crossing, _ kind: FaultPlan.Kind, at point: Int, on scene: Scene
    ) async -> (any Error)? {
        scene.bench.plan.arm(kind, at: point)
        defer { scene.hit = scene.bench.plan.disarm() }
        do {
            try await crossing.run(scene)
            return nil
        } catch {
            return error
        }
    }
}
