import TestSupport
import Testing

@testable import Compression

/// Tables of numbers in half the room.
@Suite struct DigitPackingTests {
    private let table = Array(String(repeating: "17,-1.60386,0.219413,2e-05\r\n18;-0,5;3.\n", count: 40).utf8)

    @Test func `a table of numbers takes half the room and comes back`() throws {
        for count in 0...table.count {
            let bytes = Array(table.prefix(count))
            let packed = try #require(DigitPacking(bytes))
            #expect(packed.codes.count <= count / 2 + 4)
            #expect(try packed.bytes(count: count) == bytes)
        }
        #expect(try #require(DigitPacking(table)).others.count == 80)
    }

    @Test func `every byte comes back wherever it stands`() throws {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<17 {
                var bytes = [UInt8](repeating: UInt8(ascii: "7"), count: 17)
                bytes[place] = byte
                let packed = try #require(DigitPacking(bytes))
                #expect(try packed.bytes(count: 17) == bytes)
                #expect(packed.others == (Array("0123456789\n;,-.".utf8).contains(byte) ? [] : [byte]))
            }
        }
    }

    @Test func `a table may begin with words, and have one in eight`() throws {
        let words = Array("id,a long header of words that are no numbers at all\n".utf8)
        #expect(try #require(DigitPacking(words + table)).bytes(count: words.count + table.count) == words + table)
        let other = [UInt8](repeating: UInt8(ascii: "x"), count: 1_000)
        let digits = [UInt8](repeating: UInt8(ascii: "7"), count: 7_000)
        #expect(DigitPacking(digits + other) != nil)
        #expect(DigitPacking(digits + other + other) == nil)
    }

    @Test func `text is left to others`() {
        #expect(DigitPacking(Array("a text, and 12 numbers".utf8)) == nil)
        #expect(DigitPacking(table + [UInt8](repeating: 0xE9, count: 300)) == nil)
    }

    @Test func `parts that do not belong together are refused`() throws {
        let packed = try #require(DigitPacking(table))
        for count in [-1, 0, table.count - 8, table.count + 8, .max] {
            #expect(throws: CompressionError.corrupt) { try packed.bytes(count: count) }
        }
        for others in [Array(packed.others.dropLast()), packed.others + [1], []] {
            let lying = DigitPacking(codes: packed.codes, others: others)
            #expect(throws: CompressionError.corrupt) { try lying.bytes(count: table.count) }
        }
        // What fills up the last word may be anything, and is not looked at.
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            let codes = (0..<8).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let others = (0..<Int.random(in: 0...3, using: &generator)).map { UInt8($0) }
            let count = Int.random(in: 0...20, using: &generator)
            do {
                #expect(try DigitPacking(codes: codes, others: others).bytes(count: count).count == count)
            } catch {
                #expect(error as? CompressionError == .corrupt)
            }
        }
    }
}
