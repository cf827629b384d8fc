import Core
import Testing

@testable import HTTP

/// What a caller prefers: RFC 9110, section 12.5.
@Suite struct PreferenceTests {
    private static let types = ["application/json", "text/csv", "application/x-ndjson"]

    static let accepted: [(accept: String?, type: String?)] = [
        (nil, "application/json"), ("", "application/json"), ("*/*", "application/json"),
        ("text/csv", "text/csv"), ("TEXT/CSV", "text/csv"), ("text/csv;charset=utf-8", "text/csv"),
        ("text/csv, */*;q=0.1", "text/csv"), ("*/*;q=0.1, text/csv", "text/csv"), ("text/csv, */*", "text/csv"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/json;q=0.1, text/csv;q=0.9", "text/csv"), ("application/json;q=0, */*", "text/csv"),
        ("application/json;q=0", nil), ("application/*;q=0, */*", "text/csv"),
        ("application/*, application/json;q=0", "application/x-ndjson"),
        ("text/*;q=0.9, application/json;q=0.2", "text/csv"), ("text/csv, application/json", "text/csv"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json"),
        ("application/pdf", nil), ("*/*;q=0", nil), ("text/csv;q=0.000, application/pdf", nil),
        ("text/csv;q=0.001", "text/csv"), ("text/csv ; q=0.5 , application/json ; Q=0.4", "text/csv"),
        // What Java's HttpURLConnection says by itself.
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "application/json"),
        ("text/csv;q=.5, application/json;q=.25", "text/csv"), ("text/csv;q=0.3333", "text/csv"),
        ("text/csv;q=0.33333333333333333333, application/json;q=0.3", "text/csv"), ("text/csv;q=1.0000", "text/csv"),
        ("text/csv;q=0.0000", nil), ("text/csv;q=., application/pdf", nil), ("text/csv;q=, application/pdf", nil),
        ("text/csv;q=loud, application/json;q=0.1", "application/json"), ("text/csv;q=1.5, application/pdf", nil),
        ("text/csv;header=\"a, application/json\";q=0.5, application/x-ndjson;q=0.4", "text/csv"),
    ]

    @Test(arguments: accepted)
    func `the type that the caller prefers is chosen, or none`(accept: String?, type: String?) throws {
        var headers = HTTPHeaders()
        if let accept { headers.set("Accept", accept) }
        if let type {
            #expect(try MediaTypes.preferred(Self.types, by: headers) == type, "\(accept ?? "-")")
        } else {
            #expect(throws: HTTPError.notAcceptable(known: Self.types), "\(accept ?? "-")") {
                try MediaTypes.preferred(Self.types, by: headers)
            }
        }
    }

    @Test
    func `several fields of a name are one list`() throws {
        var headers: HTTPHeaders = ["Accept": "application/json;q=0.3"]
        headers.add("accept", "text/csv;q=0.4")
        #expect(try MediaTypes.preferred(Self.types, by: headers) == "text/csv")
    }

    static let codings: [(value: String?, coding: ContentCoding?)] = [
        (nil, .identity), ("", .identity), ("gzip", .gzip), ("x-gzip", .gzip), ("GZIP", .gzip), ("identity", .identity),
        ("gzip;q=0", .identity), ("br, gzip;q=0.5", .gzip), ("deflate, br", .identity), ("*", .gzip),
        ("*;q=0.5, gzip;q=0", .identity), ("identity;q=0, gzip", .gzipOnly), ("*;q=0, gzip", .gzipOnly),
        ("identity;q=0", nil), ("*;q=0", nil), ("gzip;q=0, identity;q=0", nil), ("identity, *;q=0", .identity),
        ("gzip;q=0.5, identity;q=0.8", .identity), ("gzip;q=0.8, identity;q=0.5", .gzip),
    ]

    @Test(arguments: codings)
    func `the coding that the caller prefers is chosen, or none`(value: String?, coding: ContentCoding?) throws {
        var headers = HTTPHeaders()
        if let value { headers.set("Accept-Encoding", value) }
        if let coding {
            #expect(try ContentCoding(headers) == coding, "\(value ?? "-")")
        } else {
            #expect(throws: HTTPError.codingNotAcceptable, "\(value ?? "-")") { try ContentCoding(headers) }
        }
    }

    private static let routes = [
        Route(.get, "/json", .immediate { _ in .json(Array("{}".utf8)) }),
        Route(.get, "/any", .immediate { _ in .bytes([1], type: "application/octet-stream") }, types: []),
    ]

    @Test
    func `what no caller wants is not answered`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let refused = try client.get("/json", headers: "Accept: text/csv\r\n")
            #expect(refused.status == 406)
            #expect(refused.header("Content-Type") == "application/problem+json")
            #expect(try client.get("/any", headers: "Accept: text/csv\r\n").status == 200)
            #expect(try client.get("/json", headers: "Accept-Encoding: *;q=0\r\n").status == 406)
            let plain = try client.get("/json", headers: "Accept-Encoding: identity\r\n")
            #expect(plain.text == "{}" && plain.header("Vary") == "Accept-Encoding")
            let small = try client.get("/json", headers: "Accept-Encoding: gzip, identity;q=0\r\n")
            #expect(small.header("Content-Encoding") == "gzip" && small.body.starts(with: [0x1F, 0x8B]))
        }
    }
}
