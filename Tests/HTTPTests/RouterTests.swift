import HTTP
import Testing

@Suite struct RouterTests {
    /// A route that answers with its own pattern and parameters.
    static func named(_ pattern: String) -> Route {
        Route(
            .get, pattern,
            .immediate { request in
                let values = request.parameters.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
                return .bytes(Array("\(pattern) \(values)".utf8), type: "text/plain")
            })
    }

    static let patterns = [
        "/", "/a", "/a/{x}", "/a/b", "/a/{x}/c", "/a/{y}/d/{z}", "/{other}/e",
    ]

    @Test(
        arguments: [
            ("/", "/ "), ("/a", "/a "), ("/a/", "/a "), ("/a/b", "/a/b "), ("/a/q", "/a/{x} x=q"),
            // The literal `b` leads nowhere, the braces do.
            ("/a/b/c", "/a/{x}/c x=b"), ("/a/1/d/2", "/a/{y}/d/{z} y=1,z=2"), ("/a/e", "/a/{x} x=e"),
            ("/z/e", "/{other}/e other=z"), ("/a/%2F/c", "/a/{x}/c x=/"), ("/a/%C3%BC", "/a/{x} x=ü"),
        ])
    func `a path finds its route`(path: String, answer: String) async throws {
        try await serving(Self.patterns.map(Self.named)) { fixture in
            let found = try fixture.connect().get(path)
            #expect(found.text == answer)
        }
    }

    @Test(arguments: ["/b", "/a//c", "//a", "/a/b/c/d", "/a/1/d", "/z"])
    func `another path finds none`(path: String) async throws {
        try await serving(Self.patterns.map(Self.named)) { fixture in
            let found = try fixture.connect().get(path)
            #expect(found.status == 404)
        }
    }

    @Test
    func `headers and query tell one value from several`() {
        var headers: HTTPHeaders = ["Accept": "a"]
        headers.add("ACCEPT", "b")
        #expect(headers.all("accept") == ["a", "b"])
        headers.set("accept", "c")
        #expect(headers.fields.count == 1)
        #expect(PercentEncoding.encode("a b/ü") == "a%20b%2F%C3%BC")
    }
}
