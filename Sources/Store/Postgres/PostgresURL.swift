internal import CPostgres

/// Looks whether a URL can be read, before anybody connects: a slip in it is no outage, and does not pass.
enum PostgresURL {
    /// - Throws: ``StoreError/urlUnreadable(reason:)``.
    static func check(_ url: String) throws {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            throw StoreError.urlUnreadable(reason: withoutValues(reason))
        }
        PQconninfoFree(options)
    }

    /// Which value of the URL means nothing to the library, which did not try to connect then; nil for any other reason.
    static func slip(in reason: String) -> String? {
        let words =
            /^(?:connection to server .* failed: )?(invalid integer value .*|invalid \w+ value: .*|could not match .*)/
        return reason.firstMatch(of: words).map { withoutValues(String($0.output.1)) }
    }

    /// A reason of the library's without the values that it quotes, which may be a password or a part of one.
    private static func withoutValues(_ reason: String) -> String {
        let line = String(reason.prefix { $0 != "\n" })
        return line.replacing(/: ".*/, with: "").replacing(/value ".*" for/, with: "value for")
    }
}
