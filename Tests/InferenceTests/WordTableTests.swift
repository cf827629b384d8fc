import TestSupport
import Testing

@testable import Inference

@Suite struct WordTableTests {
    /// Words that begin alike, of up to eight bytes, up to sixteen, and more, of which every second is in the table.
    @Test func `a word is found by all of its bytes, whatever its length`() throws {
        let all = (1...80).map { length in (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 3) } }
        let known = all.enumerated().filter { $0.offset % 2 == 0 }
        let table = try WordTable(known.map { (bytes: $0.element[...], number: UInt32($0.offset)) })
        for (index, word) in all.enumerated() {
            let found = Self.number(of: word, in: table)
            if index % 2 == 0 { #expect(found == UInt32(index)) } else { #expect(found & WordTable.none != 0) }
            for place in word.indices {
                var other = word
                other[place] = UInt8(ascii: "z")
                #expect(Self.number(of: other, in: table) & WordTable.none != 0)
            }
        }
    }

    @Test func `a table without words finds none, and one of pairs neither`() throws {
        #expect(Self.number(of: [0x61], in: try WordTable([])) & WordTable.none != 0)
        #expect(Self.number(of: Array(repeating: 0x61, count: 20), in: try WordTable([])) & WordTable.none != 0)
        #expect(try PairTable([]).withLookup { $0.feature(0, 0) } & WordTable.none != 0)
    }

    @Test func `a pair is found in its order alone`() throws {
        let pairs = (0..<3_000).map { PairTable.Entry(first: $0 / 50, second: $0 % 50 + 60, feature: $0) }
        let table = try PairTable(pairs)
        table.withLookup { lookup in
            for pair in pairs {
                #expect(lookup.feature(pair.first, pair.second) == pair.feature)
                #expect(lookup.feature(pair.second, pair.first) & WordTable.none != 0)
            }
        }
    }

    @Test(arguments: [0, 1, 2, 9, 1_000, 50_000])
    func `each key of a perfect hash has a place of its own`(count: Int) throws {
        let hashes = (0..<UInt64(count)).map { PerfectHash.hash($0, 7) }
        let hash = try #require(PerfectHash(hashes))
        let places = hash.withPlaces { places in hashes.map { places[$0] } }
        #expect(Set(places).count == count)
        #expect(places.allSatisfy { (0..<hash.size).contains($0) })
        #expect(hash.size <= count + count / 2 + 1)
    }

    @Test func `two keys of one hash have no perfect hash`() { #expect(PerfectHash([5, 9, 5]) == nil) }

    /// Texts of every length up to some blocks of sixteen, in a memory that held a longer one before.
    @Test func `letters of ASCII are small and marked at every length`() {
        let scratch = TextScratch(features: 1, width: 1)
        let letters = TextLetters(lowercases: true, characters: .all)
        var generator = SeededGenerator(seed: 3)
        for length in (0...100).reversed() {
            let text = (0..<length).map { _ in UInt8.random(in: 0...127, using: &generator) }
            let end = text.withUnsafeBytes { letters.read($0, into: scratch) }
            #expect(end == length && scratch.isASCII)
            #expect(Array(UnsafeRawBufferPointer(start: scratch.letters, count: length)) == text.map(Self.small))
            for place in 0...length | 63 {
                let byte = scratch.marks.load(fromByteOffset: place / 8, as: UInt8.self)
                let isWord =
                    place < length && (UnicodeScalar(text[place]).properties.isAlphabetic || Self.isOther(text[place]))
                #expect((byte >> (place % 8) & 1 == 1) == isWord, "\(place) of \(text)")
            }
        }
    }

    private static func small(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 32 : byte }

    private static func isOther(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || byte == 0x5F }

    private static func number(of word: [UInt8], in table: WordTable) -> UInt32 {
        (word + Array(repeating: UInt8(ascii: "x"), count: 16)).withUnsafeBytes { bytes in
            table.withLookup { $0.number(bytes.baseAddress!, word.count) }
        }
    }
}
