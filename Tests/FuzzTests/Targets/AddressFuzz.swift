@testable import HTTP

/// Targets of request lines: what is decoded can be written again and then means the same.
enum AddressFuzz {
    static func run(_ bytes: [UInt8]) throws {
        let target: RequestTarget
        do {
            target = try RequestTarget(String(decoding: bytes, as: UTF8.self))
        } catch is HTTPError {
            return
        }
        try Finding.unless(target.path == "*" || target.path.hasPrefix("/"), "the path is \(target.path)")
        try Finding.unless(!target.path.utf8.contains(0), "the path holds a NUL")
        guard target.path != "*" else { return }
        let items = target.query.items.map {
            PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value)
        }
        let path = "/" + target.segments.map(PercentEncoding.encode).joined(separator: "/")
        let again = try RequestTarget(path + (items.isEmpty ? "" : "?" + items.joined(separator: "&")))
        // A last empty segment stands for one slash, which means nothing.
        let expected = target.segments.last == "" ? Array(target.segments.dropLast()) : target.segments
        try Finding.unless(again.segments == expected, "\(again.segments) is not \(expected)")
        try Finding.unless(again.query == target.query, "the query reads otherwise")
    }
}
