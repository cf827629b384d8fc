import Core
import HTTP
import Testing

@Suite struct UnkeyedAccessTests {
    /// What comes of a request.
    enum Outcome: Sendable {
        case comesIn
        case refused(HTTPError)
        case malformed
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let method: HTTPMethod
        let target: String
        let headers: HTTPHeaders
        let outcome: Outcome

        init(
            _ what: String, _ method: HTTPMethod, _ target: String, _ headers: HTTPHeaders, _ outcome: Outcome
        ) {
            testDescription = what
            self.method = method
            self.target = target
            self.headers = headers
            self.outcome = outcome
        }

        init(_ what: String, _ headers: HTTPHeaders, _ outcome: Outcome) {
            self.init(what, .post, "/admin/queue/pause", headers, outcome)
        }
    }

    static let visit: HTTPHeaders = [
        "Host": "localhost:8000", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
    ]

    static let cases: [Case] = [
        Case("a program on this machine", ["Host": "127.0.0.1:8000"], .comesIn),
        Case("the same by name", ["Host": "localhost:8000"], .comesIn),
        Case("through a tunnel with another port", ["Host": "localhost:9000"], .comesIn),
        Case("a name below localhost", ["Host": "sibyl.localhost"], .comesIn),
        Case("version 6", ["Host": "[::1]:8000"], .comesIn),
        Case("the address that is listened on", ["Host": "192.0.2.7:8000"], .comesIn),
        Case("the address that was connected to", ["Host": "198.51.100.9:8000"], .comesIn),
        Case("a name of the setting", ["Host": "API"], .comesIn),
        Case("a name with its port", ["Host": "sibyl.example.com.:8443"], .comesIn),
        Case("HTTP/1.0 without a host", [:], .comesIn),
        Case("the same name with another port", ["Host": "sibyl.example.com"], .refused(.foreignHost)),
        Case("a rebound name", ["Host": "evil.example:8000"], .refused(.foreignHost)),
        Case(
            "a rebound name that only reads", .get, "/predict/async", ["Host": "evil.example"], .refused(.foreignHost)),
        Case("another address", ["Host": "192.0.2.8:8000"], .refused(.foreignHost)),
        Case("a name that looks local", ["Host": "localhost.evil.example"], .refused(.foreignHost)),
        Case("no host but its header", ["Host": ""], .malformed),
        Case("no host name", ["Host": "user@localhost"], .malformed),
        Case("a list", ["Host": "localhost, evil.example"], .malformed),
        Case(
            "a foreign target", .get, "http://evil.example/predict/async", ["Host": "localhost"],
            .refused(.foreignHost)),
        Case("an own target", .get, "http://localhost:8000/live", ["Host": "localhost:8000"], .comesIn),
        Case(
            "an own target beside a foreign host", .get, "http://localhost/live", ["Host": "evil.example"],
            .refused(.foreignHost)),
        Case("no target's host", .get, "http://a@b/live", ["Host": "localhost"], .malformed),

        Case("a page of its own", ["Host": "localhost:8000", "Origin": "http://localhost:8000"], .comesIn),
        Case("the same with the usual port", ["Host": "localhost", "Origin": "http://localhost"], .comesIn),
        Case("the same with the port said once", ["Host": "localhost:80", "Origin": "http://localhost"], .comesIn),
        Case(
            "its own page in the words of a browser",
            ["Host": "localhost:8000", "Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"], .comesIn),
        Case("an address typed by hand", .get, "/live", ["Host": "localhost", "Sec-Fetch-Site": "none"], .comesIn),
        Case(
            "another site", ["Host": "localhost:8000", "Origin": "http://evil.example"], .refused(.foreignSite)),
        Case(
            "another port of this machine", ["Host": "localhost:8000", "Origin": "http://localhost:3000"],
            .refused(.foreignSite)),
        Case(
            "another name of this machine", ["Host": "localhost:8000", "Origin": "http://127.0.0.1:8000"],
            .refused(.foreignSite)),
        Case(
            "another scheme", ["Host": "localhost:8000", "Origin": "https://localhost:8000"], .refused(.foreignSite)),
        Case("a sandboxed page", ["Host": "localhost:8000", "Origin": "null"], .refused(.foreignSite)),
        Case("an empty origin", ["Host": "localhost:8000", "Origin": ""], .refused(.foreignSite)),
        Case(
            "one of two origins",
            ["Host": "localhost", "Origin": "http://localhost", "origin": "http://evil.example"],
            .refused(.foreignSite)),
        Case("an origin without a host", ["Origin": "http://localhost"], .refused(.foreignSite)),
        Case("a browser's word", ["Host": "localhost", "Sec-Fetch-Site": "cross-site"], .refused(.foreignSite)),
        Case("another port's page", ["Host": "localhost", "Sec-Fetch-Site": "same-site"], .refused(.foreignSite)),
        Case("a word that nobody knows", ["Host": "localhost", "Sec-Fetch-Site": "x"], .refused(.foreignSite)),
        Case(
            "an image elsewhere", .get, "/metrics", ["Host": "localhost", "Sec-Fetch-Site": "cross-site"],
            .refused(.foreignSite)),
        Case("a link to the first page", .get, "/", visit, .comesIn),
        Case("a link to another path", .get, "/predict/async", visit, .refused(.foreignSite)),
        Case("a form sent to the first page", .post, "/", visit, .refused(.foreignSite)),
        Case(
            "the first page in a frame", .get, "/",
            [
                "Host": "localhost", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
                "Sec-Fetch-Dest": "iframe",
            ],
            .refused(.foreignSite)),

        Case("a proxy", ["Host": "localhost", "X-Forwarded-For": "192.0.2.1"], .refused(.forwarded)),
        Case("a proxy by the standard", ["Host": "localhost", "forwarded": "for=192.0.2.1"], .refused(.forwarded)),
    ]

    @Test(arguments: cases) func `programs come in and pages of other sites do not`(item: Case) throws {
        let names = try ["api", "sibyl.example.com:8443"].map { try #require(Authority($0)) }
        let access = UnkeyedAccess(listeningOn: "192.0.2.7", names: names)
        let path =
            item.target.hasPrefix("/") ? item.target : "/" + item.target.split(separator: "/").dropFirst(2).joined()
        let request = HTTPRequest(
            method: item.method, target: item.target, path: path, headers: item.headers, requestID: "r",
            remoteAddress: "127.0.0.1", localAddress: "198.51.100.9")
        switch item.outcome {
        case .comesIn: try access.check(request)
        case .refused(let error): #expect(throws: error) { try access.check(request) }
        case .malformed:
            let error = #expect(throws: HTTPError.self) { try access.check(request) }
            #expect(error?.code == .malformedRequest)
        }
    }

    @Test func `what is not there, and a question for options, are refused like the rest`() async throws {
        let access = UnkeyedAccess(listeningOn: "127.0.0.1", names: [])
        let routes = [Route(.get, "/live", .immediate { _ in .json([]) })]
        try await serving(routes, admit: access.check) { fixture in
            for (method, path) in [("GET", "/live"), ("GET", "/nothing"), ("POST", "/live"), ("OPTIONS", "/live")] {
                let client = try fixture.connect()
                let headers = "Host: localhost\r\nOrigin: http://evil.example\r\n"
                try client.send("\(method) \(path) HTTP/1.1\r\n\(headers)\r\n")
                let answer = try client.read()
                #expect(answer.status == 403, "\(method) \(path)")
                #expect(answer.text.contains("another site"))
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
            }
        }
    }

    @Test(arguments: ["", "Host: localhost\r\nHost: localhost\r\n"])
    func `a request names its host once`(headers: String) async throws {
        let access = UnkeyedAccess(listeningOn: "127.0.0.1", names: [])
        try await serving([Route(.get, "/live", .immediate { _ in .json([]) })], admit: access.check) { fixture in
            let client = try fixture.connect()
            try client.send("GET /live HTTP/1.1\r\n\(headers)\r\n")
            #expect(try client.read().status == 400)
            let old = try fixture.connect()
            try old.send("GET /live HTTP/1.0\r\n\r\n")
            #expect(try old.read().status == 200)
        }
    }
}
