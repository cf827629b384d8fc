import Core
import Testing

@Suite struct AuthorityTests {
    @Test(
        arguments: [
            ("localhost", "localhost", nil), ("LocalHost.:8000", "localhost", 8_000), ("api:", "api", nil),
            ("[::1]", "::1", nil), ("[0:0:0:0:0:0:0:1]:80", "::1", 80), ("10.0.0.7:1", "10.0.0.7", 1),
            ("some_service-2.x", "some_service-2.x", nil),
        ] as [(String, String, UInt16?)])
    func `a host is read in the form in which hosts are compared`(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host)
        #expect(authority.port == port)
    }

    @Test(arguments: [
        "", ".", ":80", "a:b", "a:65536", "a:1:2", "::1", "[::1", "[::1]x", "[a]", "[]", "u@localhost", "a,b", "a b",
        "a/b",
        "a%41", "é", "a\u{0}", String(repeating: "a", count: 256),
    ])
    func `anything else is no host`(text: String) { #expect(Authority(text) == nil) }

    @Test(arguments: [
        ("localhost", true), ("a.localhost", true), ("localhost.", true), ("127.0.0.1", true), ("127.255.0.3:1", true),
        ("127.1", true), ("[::1]", true), ("[::ffff:127.0.0.1]", true), ("localhost.example.com", false),
        ("notlocalhost", false), ("127.0.0.1.example.com", false), ("128.0.0.1", false), ("0.0.0.0", false),
        ("[::2]", false), ("api", false),
    ])
    func `only names of this machine are loopback names`(text: String, isLoopback: Bool) throws {
        #expect(try #require(Authority(text)).isLoopback == isLoopback)
    }
}
