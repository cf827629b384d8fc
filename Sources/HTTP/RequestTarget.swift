/// The target of a request line, taken apart and decoded.
struct RequestTarget: Sendable, Equatable {
    /// The decoded path, from its slash on; `*` for a request about the server as a whole.
    var path: String
    /// The decoded segments of the path; one slash at its end means nothing.
    var segments: [String]
    var query: HTTPQuery

    /// Reads a raw target: `/path?query`, `http://host/path?query` or `*`.
    ///
    /// - Throws: ``HTTPError/malformed(_:)``.
    init(_ raw: String) throws {
        let raw = Self.withoutAuthority(raw).utf8
        guard raw.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw HTTPError.malformed("the target holds a byte that must be percent-encoded")
        }
        let question = raw.firstIndex(of: UInt8(ascii: "?")) ?? raw.endIndex
        let rawPath = raw[..<question]
        query = question == raw.endIndex ? HTTPQuery() : try HTTPQuery(decoding: raw[question...].dropFirst())
        guard rawPath.first == UInt8(ascii: "/") else {
            guard rawPath.elementsEqual("*".utf8) else { throw HTTPError.malformed("the target is not a path") }
            (path, segments) = ("*", [])
            return
        }
        var segments = try rawPath.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { try PercentEncoding.decode($0, plusIsSpace: false) }
        path = "/" + segments.joined(separator: "/")
        if segments.last == "" { segments.removeLast() }
        self.segments = segments
    }

    /// Drops the scheme and host of a target in absolute form, which every server must accept (RFC 9112, section 3.2.2).
    private static func withoutAuthority(_ raw: String) -> Substring {
        guard !raw.hasPrefix("/") else { return raw[...] }
        for scheme in ["http://", "https://"] where raw.prefix(scheme.count).lowercased() == scheme {
            let rest = raw.dropFirst(scheme.count)
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            return rest[end...].hasPrefix("/") ? rest[end...] : "/" + rest[end...]
        }
        return raw[...]
    }
}
