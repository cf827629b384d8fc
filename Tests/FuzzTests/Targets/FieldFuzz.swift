import Core

@testable import API
@testable import HTTP

/// Header fields with a grammar of their own: types, preferences, ranges and boundaries.
enum FieldFuzz {
    static func run(_ bytes: [UInt8]) throws {
        let headers = HTTPHeaders(lines: bytes[...])
        let request = HTTPRequest(
            method: .post, target: "/", path: "/", headers: headers, requestID: "r", remoteAddress: "127.0.0.1")
        _ = (request.mediaType, request.accepts("text/csv"), ContentCoding.acceptsGzip(headers))
        if let wait = request.preferredWait {
            try Finding.unless((.zero...Limits.preferredWait).contains(wait), "a wait of \(wait)")
        }
        do {
            if let range = try ContentRange(request) {
                try Finding.unless((0..<1_000_000_000_000_000_000).contains(range.start), "it starts at \(range.start)")
            }
        } catch is APIError {}
        guard FormBoundary.isForm(headers) else { return }
        do {
            let length = try FormBoundary.length(headers)
            try Finding.unless((1...70).contains(length), "a boundary of \(length) bytes")
        } catch is HTTPError {}
    }
}
