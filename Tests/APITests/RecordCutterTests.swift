import Core
import Digest
import Intake
import Testing

@testable import API

@Suite struct RecordCutterTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `bytes are cut where the scanner says, wherever pieces end`() {
        var cutter = RecordCutter(keepsRecords: true, isResumed: false)
        for piece in ["he", "ad\na", "\nbb\nc"] { cutter.add(bytes(piece)) }
        let first = cutter.cut(RecordSpans(headerBytes: 5, lengths: [2, 3]))
        #expect(first.header == bytes("head\n") && first.tail.isEmpty)
        #expect(first.records == Records(bytes: bytes("a\nbb\n"), ends: [2, 5]))
        cutter.add(bytes("c\n\n"))
        let last = cutter.cut(RecordSpans(lengths: [3], tailBytes: 1))
        #expect(last.header.isEmpty && last.records?.bytes == bytes("cc\n") && last.tail == bytes("\n"))
        let none = cutter.cut(RecordSpans())
        #expect(none.records?.bytes == [] && none.header.isEmpty)
    }

    @Test func `bytes that are not kept are hashed, and the hash goes on in a later request`() throws {
        var cutter = RecordCutter(keepsRecords: false, isResumed: false, digest: ResumableSHA256())
        cutter.add(bytes("head\na\nb"))
        #expect(cutter.cut(RecordSpans(headerBytes: 5, lengths: [2])).header == bytes("head\n"))
        let stored = try #require(cutter.digest?.state)
        let state = ResumableSHA256(state: stored)
        var next = RecordCutter(keepsRecords: false, isResumed: true, digest: state)
        next.add(bytes("b\n\n"))
        let last = next.cut(RecordSpans(lengths: [2], tailBytes: 1))
        #expect(last.header.isEmpty && last.records == nil && last.tail.isEmpty)
        let digest = try #require(next.digest).digest
        #expect(Hexadecimal.encode(digest) == SHA256.hex(of: bytes("head\na\nb\n\n")))
    }

    @Test func `without records only the header is kept, also when it comes alone`() {
        var cutter = RecordCutter(keepsRecords: false, isResumed: false)
        cutter.add(bytes("head\na\n"))
        let first = cutter.cut(RecordSpans(headerBytes: 5, lengths: [2]))
        #expect(first.header == bytes("head\n") && first.records == nil && first.tail.isEmpty)
        cutter.add(bytes("b\n"))
        let next = cutter.cut(RecordSpans(lengths: [2], tailBytes: 0))
        #expect(next.header.isEmpty && next.records == nil)
    }

    @Test func `a stream that goes on has no header left to cut`() {
        var cutter = RecordCutter(keepsRecords: true, isResumed: true)
        cutter.add(bytes("a\nb"))
        let part = cutter.cut(RecordSpans(lengths: [2]))
        #expect(part.header.isEmpty && part.records?.bytes == bytes("a\n"))
    }
}
