import Core

@testable import HTTP

/// Raw requests: whatever pieces they come in, the same bytes pass, and what passes is right by itself.
enum FramingFuzz {
    private struct Outcome: Equatable {
        var passed = 0
        var fault: HTTPError?
        var requests = 0
        var ending: [UInt8] = []
    }

    /// The first byte says how long the pieces are.
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let size = 1 + choices.below(9)
        let body = Array(choices.rest)
        let whole = follow(body, inPiecesOf: max(1, body.count))
        try Finding.unless(whole == follow(body, inPiecesOf: 1), "single bytes are read as other requests")
        try Finding.unless(whole == follow(body, inPiecesOf: size), "pieces of \(size) bytes are other requests")
        guard whole.fault != nil else { return }
        let ended = Array(body[..<whole.passed]) + whole.ending
        let again = follow(ended, inPiecesOf: ended.count)
        try Finding.unless(again.fault == nil && again.passed == ended.count, "what goes on cannot be ended")
        try Finding.unless(again.requests == whole.requests, "the fault is that of another request")
    }

    private static func follow(_ bytes: [UInt8], inPiecesOf size: Int) -> Outcome {
        var framing = RequestFraming()
        var outcome = Outcome()
        var end = 0
        while end < bytes.count, outcome.fault == nil {
            end = min(end + size, bytes.count)
            let progress = bytes[outcome.passed..<end].withUnsafeBytes { framing.advance(over: $0) }
            outcome.passed += progress.passable
            outcome.fault = progress.fault
        }
        outcome.requests = framing.requests
        if outcome.fault != nil { outcome.ending = framing.ending }
        return outcome
    }
}
