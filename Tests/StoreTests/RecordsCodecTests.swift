import Compression
import Core
import TestSupport
import Testing

@testable import Store

/// Records as they are stored: whole, or an error.
@Suite struct RecordsCodecTests {
    private static let records = Records(bytes: Array("a,1\n\"b\nc\",2\r\n\nlast".utf8), lengths: [4, 9, 0, 1, 4])

    private static let numbers = Records(bytes: Array("a,1.5,-2,0.25\n10,20,x,-7.5\r\n".utf8), lengths: [14, 14])

    @Test func `records of numbers take half their room, and text is compressed`() throws {
        let table = Records(bytes: Array(String(repeating: "-0.123456,17\n", count: 1_000).utf8), lengths: [13_000])
        #expect(table.encoded()[0] == Blob.Format.packedDigits.rawValue && table.encoded().count < 6_600)
        #expect(Self.numbers.encoded()[0] == Blob.Format.packedDigits.rawValue)
        #expect(Self.records.encoded()[0] == Blob.Format.zstandard.rawValue)
        #expect(try Records(record: table.encoded()) == table)
    }

    @Test func `records come back equal`() throws {
        let empty = Records(bytes: [], lengths: [])
        let blank = Records(bytes: [], lengths: [0, 0])
        let large = Records(bytes: [UInt8](repeating: 7, count: 3 << 20), lengths: [1 << 20, 0, 2 << 20])
        for each in [Self.records, Self.numbers, empty, blank, large] {
            #expect(try Records(record: each.encoded()) == each)
        }
    }

    @Test(arguments: [records, numbers])
    func `one changed bit anywhere is noticed`(records: Records) throws {
        let blob = records.encoded()
        for position in blob.indices {
            for bit in 0..<8 {
                var damaged = blob
                damaged[position] ^= 1 << bit
                #expect(throws: StoreError.self) { try Records(record: damaged) }
            }
        }
    }

    @Test(arguments: [records, numbers])
    func `a blob cut short anywhere is noticed`(records: Records) throws {
        let blob = records.encoded()
        for count in blob.indices {
            #expect(throws: StoreError.corruptBlob) { try Records(record: Array(blob.prefix(count))) }
        }
    }

    @Test(arguments: [records, numbers])
    func `content that lies is refused even with a right checksum`(records: Records) throws {
        var generator = SeededGenerator(seed: 11)
        let blob = records.encoded()
        let (format, content) = (try #require(Blob.Format(rawValue: blob[0])), Array(blob.dropFirst(5)))
        for round in 0..<4_000 {
            var lying =
                round.isMultiple(of: 2)
                ? content : Array(content.prefix(.random(in: 0...content.count, using: &generator)))
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !lying.isEmpty {
                lying[Int.random(in: 0..<lying.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            check(lying, format)
        }
        for position in content.indices {
            for bit in 0..<8 {
                var lying = content
                lying[position] ^= 1 << bit
                check(lying, format)
            }
        }
    }

    /// Either refused, or every record is within the bytes.
    private func check(_ content: [UInt8], _ format: Blob.Format) {
        let blob = Blob.seal({ for byte in content { $0.append(byte) } }, as: format, reserving: 0)
        do {
            let read = try Records(record: blob)
            for row in 0..<read.count { #expect(read.range(at: row).upperBound <= read.bytes.count) }
        } catch {
            #expect(error is StoreError)
        }
    }

    @Test func `ends that go back, or past the bytes, are refused`() {
        #expect(throws: StoreError.corruptBlob) {
            try Records(record: Records(bytes: Self.numbers.bytes, ends: [14, 27]).encoded())
        }
        for ends in [[5, 4, 18], [4, 13, 99], [4, 13], [], [.max, 18]] as [[UInt32]] {
            let blob = Records(bytes: Self.records.bytes, ends: ends).encoded()
            #expect(throws: StoreError.corruptBlob) { try Records(record: blob) }
        }
    }

    /// The records, deflated.
    private static let deflated: [UInt8] = [
        75, 212, 49, 228, 82, 74, 226, 74, 86, 210, 49, 226, 229, 226, 202, 73, 44, 46, 1, 0,
    ]

    private func blob(_ compressed: [UInt8], as format: Blob.Format, count: UInt32, ends: [UInt32]) -> [UInt8] {
        Blob.seal(
            { blob in
                blob.append(raw: ends)
                blob.append(count)
                blob.append(raw: compressed)
            }, as: format, reserving: 0)
    }

    @Test func `records that were deflated before there was another format are read`() throws {
        let ends = Self.records.ends
        #expect(try Records(record: blob(Self.deflated, as: .columns, count: 18, ends: ends)) == Self.records)
    }

    @Test func `a blob that claims to be more than there is takes no memory`() {
        for (compressed, format) in [
            (Self.deflated, .columns), (Zstandard.compress(Self.records.bytes), .zstandard),
        ] as [([UInt8], Blob.Format)] {
            let blob = blob(compressed, as: format, count: .max, ends: [.max])
            #expect(throws: StoreError.corruptBlob) { try Records(record: blob) }
        }
    }
}
