import Compression
import TestSupport
import Testing

@Suite struct ZstandardTests {
    private static let text = Array(
        String(repeating: "17,\"Great value, \"\"really\"\"; Schöne Farbe\"\r\n", count: 40).utf8)

    @Test func `a text takes half the room at most and comes back`() throws {
        let compressed = Zstandard.compress(Self.text)
        #expect(compressed.count < Self.text.count / 2)
        #expect(try Zstandard.decompress(compressed, count: Self.text.count) == Self.text)
    }

    @Test(arguments: [0, 1, 255, 65_536, 1 << 20])
    func `any bytes come back`(count: Int) throws {
        var generator = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        #expect(try Zstandard.decompress(Zstandard.compress(bytes), count: count) == bytes)
    }

    @Test func `bytes that are cut short, changed or of another length are refused`() {
        let compressed = Zstandard.compress(Self.text)
        for count in compressed.indices {
            #expect(throws: CompressionError.corrupt) {
                try Zstandard.decompress(Array(compressed.prefix(count)), count: Self.text.count)
            }
        }
        for wrong in [0, Self.text.count - 1, Self.text.count + 1, .max] {
            #expect(throws: CompressionError.corrupt) { try Zstandard.decompress(compressed, count: wrong) }
        }
        #expect(throws: CompressionError.corrupt) {
            try Zstandard.decompress(compressed + [0], count: Self.text.count)
        }
        #expect(throws: CompressionError.corrupt) { try Zstandard.decompress([], count: 0) }
    }

    @Test func `many threads compress at once`() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<8 {
                group.addTask {
                    for round in 0..<50 {
                        let bytes = Array(Self.text.prefix(thread * 100 + round))
                        let back = try Zstandard.decompress(Zstandard.compress(bytes), count: bytes.count)
                        #expect(back == bytes)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
