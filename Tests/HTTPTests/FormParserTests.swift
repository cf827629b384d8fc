import Core
import Testing

@testable import HTTP

/// The parser of forms by itself: pure, and so tried with every way to part a body.
@Suite struct FormParserTests {
    fileprivate struct Outcome: Equatable {
        var events: [FormParser.Event] = []
        var fault: HTTPError?
    }

    private func read(_ pieces: [ArraySlice<UInt8>], boundary: String = "B1") throws -> Outcome {
        var outcome = Outcome()
        var parser = FormParser(try FormBoundary(Array(boundary.utf8)))
        do {
            for piece in pieces { outcome.add(try parser.feed(Array(piece))) }
            outcome.add(try parser.finish())
        } catch let error as HTTPError {
            // What came before a fault depends on the pieces, as its reader sees it.
            outcome = Outcome(fault: error)
        }
        return outcome
    }

    private static let forms = [
        Form.part(Form.curlHead, Array("a,b\r\n1,2\r\n".utf8), boundary: "B1") + Form.end(boundary: "B1"),
        Form.part(Form.curlHead, Array("\r\n--B1x\r\n--B1-\r\n--B\r\n--B1--x\r\r\n-".utf8), boundary: "B1")
            + Array("--B1 \t\r\nA: b\r\n\r\nsecond\r\n--B1-- \r\nbye".utf8),
        Array("hello\r\n--B1\t\r\nContent-Disposition: form-data;\r\n name=file\r\n\r\n\r\n--B1--".utf8),
        Array("--B1\r\nX: y\r\n\r\nno end\r\n--B1-".utf8), Array("--B1\r\nX: y\n\r\nbare\r\n--B1--".utf8),
        Array("--B1--\r\n--B1--\r\n".utf8),
    ]

    @Test(arguments: forms.indices)
    func `a form that is parted anywhere gives the same events`(index: Int) throws {
        let form = Self.forms[index]
        let whole = try read([form[...]])
        for cut in 0...form.count {
            #expect(try read([form[..<cut], form[cut...]]) == whole, "cut at \(cut)")
        }
        #expect(try read(form.indices.map { form[$0...$0] }) == whole, "byte by byte")
        for size in 2...9 {
            let pieces = stride(from: 0, to: form.count, by: size).map { form[$0..<min($0 + size, form.count)] }
            #expect(try read(pieces) == whole, "pieces of \(size)")
        }
    }

    @Test
    func `the events are those of the form`() throws {
        let part = try FormPart(lines: [])
        let form = Array("preamble\r\n--B1\r\n\r\none\r\n\r\n--B1\r\n\r\n\r\n--B1--\r\nepilogue".utf8)
        #expect(
            try read([form[...]]).events == [
                .part(part), .bytes(Array("one\r\n".utf8)), .partEnd, .part(part), .partEnd, .formEnd,
            ])
    }

    @Test
    func `a boundary may hold what clients write`() throws {
        for boundary in ["===1444057544756===", "a b", "'()+_,-./:=?", "{1f=}*", String(repeating: "-", count: 70)] {
            let form = Form.part(Form.curlHead, Array("a".utf8), boundary: boundary) + Form.end(boundary: boundary)
            let outcome = try read([form[...]], boundary: boundary)
            #expect(outcome.fault == nil && outcome.events.contains(.bytes(Array("a".utf8))), "\(boundary)")
            let type = try FormBoundary(["Content-Type": "multipart/form-data; boundary=\"\(boundary)\""])
            #expect(type.bytes == Array(boundary.utf8))
        }
    }

    /// A file of CRs is the worst there is for a search that goes from CR to CR.
    @Test(arguments: [UInt8(ascii: "\r"), UInt8(ascii: "a")])
    func `a large file of any byte does not crawl`(byte: UInt8) throws {
        let piece = [UInt8](repeating: byte, count: 256 << 10)
        var parser = FormParser(try FormBoundary(Array(Form.boundary.utf8)))
        _ = try parser.feed(Array("--\(Form.boundary)\r\n\(Form.curlHead)\r\n".utf8))
        var count = 0
        let time = try ContinuousClock().measure {
            for _ in 0..<40 {
                for case .bytes(let bytes) in try parser.feed(piece) { count += bytes.count }
            }
        }
        #expect(count >= 39 * piece.count)
        // A debug build on a busy machine is some ten times slower than what is promised.
        #expect(time < .seconds(10), "\(time)")
    }
}

extension FormParserTests.Outcome {
    /// Pieces of content that follow one another are one.
    fileprivate mutating func add(_ more: [FormParser.Event]) {
        for event in more {
            if case .bytes(let bytes) = event, case .bytes(let before) = events.last {
                events[events.count - 1] = .bytes(before + bytes)
            } else {
                events.append(event)
            }
        }
    }
}
