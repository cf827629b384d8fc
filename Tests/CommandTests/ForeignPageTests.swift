import Foundation
import HTTP
import Testing

/// What a web page in somebody's browser can do to a service on the same machine: nothing.
@Suite(.serialized) struct ForeignPageTests {
    @Test func `a foreign page neither pauses the queue nor reads, at the API and at a worker's door`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker("worker", ["--metrics-listen", "0"])
        let id = try service.submit("a review")
        func door() -> String? {
            service.logText("worker").firstMatch(of: /event="door open".* url=(\S+)/).map { String($0.output.1) }
        }
        try service.wait("the worker's door") { door() != nil }
        let page: HTTPHeaders = ["Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"]
        let rebound: HTTPHeaders = ["Host": "evil.example"]
        for headers in [page, rebound] {
            let pause = try service.send(.post, "/admin/queue/pause", headers, .none)
            #expect(pause.status == 403)
            #expect(pause.json["code"] as? String == "forbidden")
            for path in ["/predict/async/\(id)", "/metrics", "/live", "/", "/api/predict/async"] {
                #expect(try service.send(.get, path, headers, .none).status == 403, "\(path)")
            }
            let scrape = try HTTPClient().send(
                .get, try #require(door()) + "/metrics", headers: headers, body: .none, deadline: .seconds(10))
            #expect(scrape.status == 403)
        }
        #expect(try service.get("/predict/async/\(id)").status == 200)
    }

    @Test func `a server on all addresses does not start without its names`() throws {
        let service = ServiceUnderTest()
        for (name, words) in [
            ("api", ["api", "--listen", "0.0.0.0:0", "--auth", "off"]),
            ("up", ["up", "--workers", "0", "--listen", "[::]:0", "--auth", "off"]),
            ("worker", ["worker", "--metrics-listen", "0.0.0.0:0"]),
        ] {
            try service.start(name, words)
            #expect(service.end(name, within: 20) == 64)
            #expect(service.logText(name).contains("SIBYL_HOSTS"), "\(service.logText(name))")
        }
    }
}
