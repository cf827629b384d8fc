import Foundation
import Testing

@testable import Store

/// Many actors over one queue, as seeds say: `SIBYL_SEED=7` plays one again, `SIBYL_SOAK=1` plays more and longer.
@Suite struct SimulationTests {
    private static let isLong = ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1"
    private static let chosen = ProcessInfo.processInfo.environment["SIBYL_SEED"].flatMap { UInt64($0) }
    private static let seeds: [UInt64] = chosen.map { [$0] } ?? Array(1...(isLong ? 200 : 20))
    private static let serverSeeds: [UInt64] = chosen.map { [$0] } ?? Array(1...(isLong ? 60 : 6))

    @Test(arguments: seeds)
    func `whatever happens, every row comes out once or its task says why not`(seed: UInt64) async throws {
        let fault = try await Simulation(seed: seed).run(steps: Self.isLong ? 1_500 : 400)
        #expect(fault == nil, "\(fault ?? "")")
    }

    /// One after another, so that their connections stay few.
    @Test(.serialized, arguments: serverSeeds)
    func `on a server too, every row comes out once or its task says why not`(seed: UInt64) async throws {
        let fault = try await Simulation(.postgres, seed: seed).run(steps: Self.isLong ? 1_500 : 100)
        #expect(fault == nil, "\(fault ?? "")")
    }
}
