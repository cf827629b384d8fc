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
        var raw = Self.withoutAuthority(raw)
        self = try raw.withUTF8(Self.init(bytes:))
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) throws {
        guard bytes.allSatisfy({ $0 >= 0x21 && $0 <= 0x7E && $0 != UInt8(ascii: "#") }) else {
            throw HTTPError.malformed("the target holds a byte that must be percent-encoded")
        }
        let question = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let rawPath = bytes[..<question]
        query = question == bytes.endIndex ? HTTPQuery() : try HTTPQuery(decoding: bytes[(question + 1)...])
        guard rawPath.first == UInt8(ascii: "/") else {
            guard rawPath.elementsEqual("*".utf8) else { throw HTTPError.malformed("the target is not a path") }
            (path, segments) = ("*", [])
            return
        }
        segments = try Self.segments(of: rawPath)
        let isEscaped = rawPath.contains(UInt8(ascii: "%"))
        path = isEscaped ? "/" + segments.joined(separator: "/") : String(decoding: rawPath, as: UTF8.self)
        if segments.last == "" { segments.removeLast() }
    }

    /// What stands behind each slash, decoded.
    private static func segments(of path: Slice<UnsafeBufferPointer<UInt8>>) throws -> [String] {
        var segments: [String] = []
        segments.reserveCapacity(8)
        var start = path.startIndex + 1
        for end in start...path.endIndex where end == path.endIndex || path[end] == UInt8(ascii: "/") {
            segments.append(try PercentEncoding.decode(path[start..<end], plusIsSpace: false))
            start = end + 1
        }
        return segments
    }

    /// Drops the scheme and host of a target in absolute form, which every server must accept (RFC 9112, section 3.2.2).
    private static func withoutAuthority(_ raw: String) -> Substring {
        guard let authority = authority(of: raw) else { return raw[...] }
        let rest = raw[authority.endIndex...]
        return rest.hasPrefix("/") ? rest : "/" + rest
    }

    /// The host, with its port, of a target in absolute form; nil for any other.
    static func authority(of raw: String) -> Substring? {
        guard raw.utf8.first != UInt8(ascii: "/") else { return nil }
        for scheme in ["http://", "https://"] where raw.prefix(scheme.count).lowercased() == scheme {
            return raw.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        }
        return nil
    }
}
