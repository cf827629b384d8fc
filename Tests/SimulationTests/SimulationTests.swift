import Foundation
import Testing

/// Many actors over one queue, as seeds say: `SIBYL_SEED=7` plays one again, `SIBYL_SOAK=1` plays more and longer.
@Suite struct SimulationTests {
    private static let isLong = ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1"
    private static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["SIBYL_SEED"].flatMap { UInt64($0) }.map { [$0] }
        ?? Array(1...(isLong ? 200 : 20))

    @Test(arguments: seeds)
    func `whatever happens, every row comes out once or its task says why not`(seed: UInt64) async throws {
        let fault = try await Simulation(seed: seed).run(steps: Self.isLong ? 1_500 : 400)
        #expect(fault == nil, "\(fault ?? "")")
    }
}
