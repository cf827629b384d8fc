import Core
import Testing

@testable import Store

/// A slip in the URL of a database, which is told at once and without what may be secret.
@Suite struct PostgresURLTests {
    /// What is wrong, and the words for it.
    private static let slips = [
        ("postgres://u:s3cr%zzet@h/d", "invalid percent-encoded token"),
        ("postgres://u:s3cret@[h/d", "IPv6"),
        ("postgres://u:s3cret@[::1]x/d", "unexpected character \"x\""),
        ("postgres://h/d?password=a&s3cret", "missing key/value separator"),
        ("postgres://h/d?password=a&s3cret=b", "invalid URI query parameter"),
        ("postgres://u:s3cret%00@h/d", "forbidden value %00"),
    ]

    @Test(arguments: slips)
    func `a URL that is none is refused before anybody connects, without its password`(url: String, words: String) {
        let error = #expect(throws: StoreError.self) { try Database(path: url) }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error.map { "\($0) \($0.message)" }?.contains("s3cr") == false)
    }

    @Test(arguments: [
        ("?port=s3cret", #"invalid integer value for connection option "port""#),
        ("?sslmode=s3cret", "invalid sslmode value"), ("?host=a,b,c&port=1,2", "could not match 2 port numbers"),
        ("?connect_timeout=s3cret", #"invalid integer value for connection option "connect_timeout""#),
    ])
    func `a value that means nothing is told as a slip, not as an outage`(query: String, words: String) throws {
        let database = try Database(path: "postgres://127.0.0.1/d" + query)
        let error = #expect(throws: StoreError.self) { try database.schemaVersion() }
        #expect(error?.code == .configurationInvalid)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(error.map { "\($0) \($0.message)" }?.contains("s3cr") == false)
    }

    @Test(arguments: [
        ("postgres://u:s3cret@h:5432/d", "postgres://u@h:5432/d"),
        ("postgres://u:s3:cr@t@h/d?sslmode=require", "postgres://u@h/d?sslmode=require"),
        ("postgres://u:s3/cret@h/d", "postgres://u@h/d"), ("postgres://u:s3?cret@h/d", "postgres://u@h/d"),
        ("postgres://u:s3cret@h/d?options=a@b", "postgres://u@h/d?options=a@b"),
        ("postgres://h:5432/d", "postgres://h:5432/d"),
        ("postgresql:///d?host=/run&password=s3cret&user=u", "postgresql:///d?host=/run&password=…&user=u"),
    ])
    func `the name of a database has no password`(url: String, name: String) throws {
        #expect(try Database(path: url).name == name)
    }
}
