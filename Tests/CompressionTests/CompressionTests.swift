import Compression
import Testing

@Suite struct CompressionTests {
    static let words = Array("the same words, the same words, the same words".utf8)

    /// The stream alone: gzip puts ten bytes before it and eight after.
    private static func bare(_ bytes: [UInt8]) -> [UInt8] { Array(Deflate.gzip(bytes).dropFirst(10).dropLast(8)) }

    @Test(arguments: [0, 1, 300_000])
    func `what was compressed is read back equal`(count: Int) throws {
        let noise = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        let zeros = [UInt8](repeating: 0, count: 7 * count)
        for bytes in [noise, zeros, Self.words] {
            #expect(try Inflate.gzip(Deflate.gzip(bytes), upTo: bytes.count) == bytes)
            #expect(try Inflate.raw(Self.bare(bytes), upTo: bytes.count) == bytes)
        }
    }

    @Test
    func `a bomb is refused at the bound`() {
        let bomb = Deflate.gzip([UInt8](repeating: 0, count: 5_000_000))
        #expect(bomb.count < 10_000)
        #expect(throws: CompressionError.tooLarge(limit: 100_000)) { try Inflate.gzip(bomb, upTo: 100_000) }
        let raw = Self.bare([UInt8](repeating: 0, count: 5_000_000))
        #expect(throws: CompressionError.tooLarge(limit: 100_000)) { try Inflate.raw(raw, upTo: 100_000) }
    }

    @Test
    func `bytes cut anywhere are truncated and bytes changed are corrupt`() {
        let whole = Deflate.gzip(Self.words)
        for count in 0..<whole.count {
            #expect(throws: CompressionError.truncated) {
                try Inflate.gzip(Array(whole.prefix(count)), upTo: 1_000)
            }
        }
        var wrong = whole
        wrong[whole.count - 6] ^= 1
        #expect(throws: CompressionError.corrupt) { try Inflate.gzip(wrong, upTo: 1_000) }
        #expect(throws: CompressionError.corrupt) { try Inflate.gzip(Array("plain text".utf8), upTo: 1_000) }
        #expect(throws: CompressionError.corrupt) { try Inflate.gzip(whole + [1, 2, 3], upTo: 1_000) }
    }

    @Test
    func `a raw stream that is cut or followed by bytes is refused`() {
        let whole = Self.bare(Self.words)
        #expect(throws: CompressionError.truncated) { try Inflate.raw(Array(whole.dropLast()), upTo: 1_000) }
        #expect(throws: CompressionError.truncated) { try Inflate.raw([], upTo: 1_000) }
        #expect(throws: CompressionError.corrupt) { try Inflate.raw(whole + [0], upTo: 1_000) }
    }

    @Test
    func `several gzip members are one stream`() throws {
        let both = Deflate.gzip(Array("one ".utf8)) + Deflate.gzip(Array("two".utf8))
        #expect(try Inflate.gzip(both, upTo: 100) == Array("one two".utf8))
    }

    @Test
    func `a stream fed byte by byte gives everything, never more than asked for`() throws {
        let bytes = [UInt8](repeating: 65, count: 100_000)
        let decoder = GzipDecoder()
        var output: [UInt8] = []
        for byte in Deflate.gzip(bytes) {
            decoder.feed([byte])
            while case let piece = try decoder.read(upTo: 1_000), !piece.isEmpty {
                #expect(piece.count <= 1_000)
                output += piece
            }
        }
        try decoder.finish()
        #expect(output == bytes)
    }

    @Test
    func `what was flushed can be read before the end`() throws {
        let encoder = GzipEncoder()
        let decoder = GzipDecoder()
        decoder.feed(encoder.feed(Array("first line\n".utf8), flush: true))
        #expect(try decoder.read(upTo: 100) == Array("first line\n".utf8))
        #expect(throws: CompressionError.truncated) { try decoder.finish() }
        decoder.feed(encoder.feed(Array("second".utf8)) + encoder.finish())
        #expect(try decoder.read(upTo: 100) == Array("second".utf8))
        #expect(try decoder.read(upTo: 100) == [])
        try decoder.finish()
    }

    @Test
    func `the checksum is the CRC-32 that everybody uses`() {
        #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(checksum([]) == 0)
    }
}
