import Compression
import Core
import TestSupport
import Testing

@testable import Store

/// Records as they are stored: whole, or an error.
@Suite struct RecordsCodecTests {
    private let records = Records(bytes: Array("a,1\n\"b\nc\",2\r\n\nlast".utf8), lengths: [4, 9, 0, 1, 4])

    @Test func `records come back equal`() throws {
        let empty = Records(bytes: [], lengths: [])
        let blank = Records(bytes: [], lengths: [0, 0])
        let large = Records(bytes: [UInt8](repeating: 7, count: 3 << 20), lengths: [1 << 20, 0, 2 << 20])
        for each in [records, empty, blank, large] { #expect(try Records(record: each.encoded()) == each) }
    }

    @Test func `one changed bit anywhere is noticed`() throws {
        let blob = records.encoded()
        for position in blob.indices {
            for bit in 0..<8 {
                var damaged = blob
                damaged[position] ^= 1 << bit
                #expect(throws: StoreError.self) { try Records(record: damaged) }
            }
        }
    }

    @Test func `a blob cut short anywhere is noticed`() throws {
        let blob = records.encoded()
        for count in blob.indices {
            #expect(throws: StoreError.corruptBlob) { try Records(record: Array(blob.prefix(count))) }
        }
    }

    @Test func `content that lies is refused even with a right checksum`() throws {
        var generator = SeededGenerator(seed: 11)
        let content = Array(records.encoded().dropFirst(5))
        for round in 0..<4_000 {
            var lying =
                round.isMultiple(of: 2)
                ? content : Array(content.prefix(.random(in: 0...content.count, using: &generator)))
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !lying.isEmpty {
                lying[Int.random(in: 0..<lying.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            check(lying)
        }
        for position in content.indices {
            for bit in 0..<8 {
                var lying = content
                lying[position] ^= 1 << bit
                check(lying)
            }
        }
    }

    /// Either refused, or every record is within the bytes.
    private func check(_ content: [UInt8]) {
        let blob = Blob.seal({ for byte in content { $0.append(byte) } }, reserving: 0)
        do {
            let read = try Records(record: blob)
            for row in 0..<read.count { #expect(read.range(at: row).upperBound <= read.bytes.count) }
        } catch {
            #expect(error is StoreError)
        }
    }

    @Test func `ends that go back, or past the bytes, are refused`() {
        for ends in [[5, 4, 18], [4, 13, 99], [4, 13], [], [.max, 18]] as [[UInt32]] {
            let blob = Records(bytes: records.bytes, ends: ends).encoded()
            #expect(throws: StoreError.corruptBlob) { try Records(record: blob) }
        }
    }

    @Test func `a blob that claims to inflate to more than there is takes no memory`() {
        let deflated = Deflate.raw(records.bytes, level: 1)
        let blob = Blob.seal(
            { blob in
                blob.append(raw: [UInt32.max])
                blob.append(UInt32.max)
                blob.append(raw: deflated)
            }, reserving: 0)
        #expect(throws: StoreError.corruptBlob) { try Records(record: blob) }
    }
}
