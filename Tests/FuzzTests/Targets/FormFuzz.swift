import Core

@testable import HTTP

/// Forms: whatever pieces a body comes in, the same parts, bytes and faults come out, and no byte comes out twice.
enum FormFuzz {
    /// What a form was read as.
    private struct Outcome: Equatable {
        var parts: [FormPart] = []
        var contents: [[UInt8]] = []
        var fault: HTTPError?
    }

    /// The first byte says how long the pieces are; the boundary is always the same.
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let size = 1 + choices.below(9)
        let body = Array(choices.rest)
        let whole = read(body, inPiecesOf: max(1, body.count))
        try Finding.unless(whole == read(body, inPiecesOf: 1), "single bytes are read as another form")
        try Finding.unless(whole == read(body, inPiecesOf: size), "pieces of \(size) bytes are read as another form")
        try Finding.unless(whole.contents.reduce(0) { $0 + $1.count } <= body.count, "more came out than went in")
        for content in whole.contents where whole.fault == nil {
            try Finding.unless(body.isEmpty || content.isEmpty || contains(body, content), "content that was not there")
        }
    }

    private static func read(_ body: [UInt8], inPiecesOf size: Int) -> Outcome {
        var outcome = Outcome()
        do {
            var parser = FormParser(try FormBoundary(Array("B1".utf8)))
            for start in stride(from: 0, to: body.count, by: size) {
                take(try parser.feed(Array(body[start..<min(start + size, body.count)])), into: &outcome)
            }
            take(try parser.finish(), into: &outcome)
        } catch {
            outcome.fault = error as? HTTPError
            // What came before a fault depends on the pieces, as a reader sees it.
            (outcome.parts, outcome.contents) = ([], [])
        }
        return outcome
    }

    private static func take(_ events: [FormParser.Event], into outcome: inout Outcome) {
        for event in events {
            switch event {
            case .part(let part):
                outcome.parts.append(part)
                outcome.contents.append([])
            case .bytes(let bytes): outcome.contents[outcome.contents.count - 1] += bytes
            case .partEnd, .formEnd: break
            }
        }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard part.count <= bytes.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0..<$0 + part.count].elementsEqual(part) }
    }
}
