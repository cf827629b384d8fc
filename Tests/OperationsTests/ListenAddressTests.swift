import Core
import Operations
import Testing

@Suite struct ListenAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:8000", "127.0.0.1", 8_000), ("[::1]:80", "::1", 80), ("localhost:0", "localhost", 0),
            ("0.0.0.0:65535", "0.0.0.0", 65_535), ("[::]:8000", "::", 8_000),
        ] as [(String, String, UInt16)])
    func `an address and a port are read`(text: String, host: String, port: UInt16) throws {
        let address = try ListenAddress(text)
        #expect(address.host == host)
        #expect(address.port == port)
    }

    @Test(arguments: ["", "8000", "localhost", "localhost:", ":8000", "[]:1", "a:65536", "a:-1", "a:8000 ", "a:http"])
    func `anything else is refused with an example`(text: String) {
        let error = #expect(throws: UsageError.self) { try ListenAddress(text) }
        #expect(error?.message.contains("127.0.0.1") == true)
        #expect(error?.code == .configurationInvalid)
    }

    @Test(arguments: [
        ("127.0.0.1:1", true), ("127.255.0.3:1", true), ("localhost:1", true), ("[::1]:1", true), ("0.0.0.0:1", false),
        ("[::]:1", false), ("10.0.0.1:1", false), ("127.0.0.1.example.com:1", false), ("127.example.com:1", false),
        ("127.0.0.256:1", false), ("127.0.0:1", false), ("localhost.example:1", false), ("128.0.0.1:1", false),
    ])
    func `only addresses of this machine count as its own`(text: String, isLoopback: Bool) throws {
        #expect(try ListenAddress(text).isLoopback == isLoopback)
    }

    @Test func `an address that others reach must be asked for`() throws {
        let (near, far) = (try ListenAddress("127.0.0.1:1"), try ListenAddress("0.0.0.0:1"))
        try near.checkOpenness(auth: nil)
        try near.checkOpenness(auth: "off")
        try far.checkOpenness(auth: "off")
        #expect(throws: UsageError.self) { try far.checkOpenness(auth: nil) }
        for address in [near, far] {
            #expect(throws: UsageError.self) { try address.checkOpenness(auth: "required") }
        }
    }

    @Test(arguments: ["0.0.0.0:1", "[::]:1", "0:1", "[0::0]:1", "[::ffff:0.0.0.0]:1"])
    func `a server on all addresses must say by which names it is reached`(text: String) throws {
        let address = try ListenAddress(text)
        let none = try SettingValues(options: [:], environment: [:], dotEnv: nil)
        let error = #expect(throws: UsageError.self) { try address.hostNames(none) }
        #expect(error?.message.contains("SIBYL_HOSTS") == true)
        let some = try SettingValues(options: ["SIBYL_HOSTS": "api"], environment: [:], dotEnv: nil)
        #expect(try address.hostNames(some).map(\.host) == ["api"])
    }

    @Test func `names are listed between commas, with or without a port`() throws {
        let address = try ListenAddress("127.0.0.1:1")
        func names(_ text: String?) throws -> [Authority] {
            let options = text.map { ["SIBYL_HOSTS": $0] } ?? [:]
            return try address.hostNames(SettingValues(options: options, environment: [:], dotEnv: nil))
        }
        #expect(try names(nil).isEmpty)
        let several = try names("Sibyl.Example.com., api:8000 ,[::2]:1,fe80::1")
        #expect(several.map(\.host) == ["sibyl.example.com", "api", "::2", "fe80::1"])
        #expect(several.map(\.port) == [nil, 8_000, 1, nil])
        for wrong in [",", "a,", "http://a", "*", "a b", "a:b", "a:65536", "[::1", "é"] {
            let error = #expect(throws: UsageError.self) { try names(wrong) }
            #expect(error?.message.contains("--hosts") == true, "\(wrong)")
        }
    }

    @Test func `an address stands in a URL with the port that was taken`() throws {
        #expect(try ListenAddress("127.0.0.1:0").url(port: 4_711) == "http://127.0.0.1:4711")
        #expect(try ListenAddress("[::1]:0").url(port: 1) == "http://[::1]:1")
    }

    @Test(
        arguments: [
            ("9464", "127.0.0.1:9464"), ("0", "127.0.0.1:0"), ("0.0.0.0:9464", "0.0.0.0:9464"),
            ("[::1]:9464", "[::1]:9464"),
        ])
    func `a door for metrics is on this machine's own address unless another is said`(text: String, address: String)
        throws
    {
        #expect(try ListenAddress(metrics: text).text == address)
    }

    @Test(arguments: ["", "65536", "-1", "localhost", ":9464"])
    func `a door that is none is refused by the name of its setting`(text: String) {
        let error = #expect(throws: UsageError.self) { try ListenAddress(metrics: text) }
        #expect(error?.message.contains("SIBYL_METRICS_LISTEN") == true)
    }

    @Test func `the workers of one command have ports in a row`() throws {
        let door = try ListenAddress(metrics: "[::1]:9464")
        #expect(try door.shifted(by: 1).text == "[::1]:9465")
        #expect(try door.shifted(by: 256).text == "[::1]:9720")
        #expect(try ListenAddress(metrics: "0").shifted(by: 3).port == 0)
        #expect(throws: UsageError.self) { try ListenAddress(metrics: "65535").shifted(by: 1) }
    }
}
