import Foundation
import TestSupport
import Testing

/// The fuzzer's seeds and what it found before, and a fixed number of changes to them, without the fuzzer.
@Suite struct FuzzTests {
    /// Inputs for each target; enough to fall over what used to be wrong, few enough for every run.
    private static let count = ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1" ? 50_000 : 2_000

    @Test(arguments: FuzzTarget.allCases)
    func `what the fuzzer found once holds`(target: FuzzTarget) throws {
        for (name, bytes) in try seeds(of: target) {
            #expect(throws: Never.self, "\(name)") { try target.run(bytes) }
        }
        #expect(throws: Never.self) { try target.run([]) }
    }

    @Test(arguments: FuzzTarget.allCases)
    func `changed inputs are read or refused, never wrongly and never with a crash`(target: FuzzTarget) throws {
        var mutator = Mutator(seeds: try seeds(of: target).map(\.bytes), seed: 1)
        for number in 0..<Self.count {
            let bytes = mutator.next()
            #expect(throws: Never.self, "input \(number): \(bytes)") { try target.run(bytes) }
        }
    }

    private func seeds(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = PackageFiles.path("Tests/FuzzTests/corpus/\(target.rawValue)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        try #require(!names.isEmpty, "a target without seeds is not fuzzed")
        return try names.map { ($0, Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)))) }
    }
}
