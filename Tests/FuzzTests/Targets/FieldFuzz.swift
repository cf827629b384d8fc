import Core

@testable import API
@testable import HTTP

/// Header fields with a grammar of their own: types, preferences, ranges and boundaries.
enum FieldFuzz {
    static func run(_ bytes: [UInt8]) throws {
        let headers = HTTPHeaders(lines: bytes[...])
        let request = HTTPRequest(
            method: .post, target: "/", path: "/", headers: headers, requestID: "r", remoteAddress: "127.0.0.1")
        _ = request.mediaType
        let types = ["application/json", "text/csv"]
        if let type = try orNil({ try MediaTypes.preferred(types, by: headers) }) {
            try Finding.unless(types.contains(type), "a type that there is not")
        }
        _ = try orNil { try ContentCoding(headers) }
        _ = EntityTag(revision: 1, of: [bytes[...]]).isNamed(by: headers)
        if let disposition = FieldValue(bytes) {
            try Finding.unless(disposition.parameters.allSatisfy { !$0.name.isEmpty }, "a parameter without a name")
        }
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
            let boundary = try FormBoundary(headers)
            try Finding.unless((1...70).contains(boundary.bytes.count), "a boundary of \(boundary.bytes.count) bytes")
        } catch is HTTPError {}
    }

    private static func orNil<Value>(_ read: () throws -> Value) throws -> Value? {
        do { return try read() } catch is HTTPError { return nil }
    }
}
