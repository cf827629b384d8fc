internal import HTTP

/// The query of an address, put together from what was given.
struct QueryText {
    private var items: [String] = []

    mutating func add(_ name: String, _ value: String?) {
        if let value { items.append("\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))") }
    }

    /// With its question mark; empty for an empty query.
    var text: String { items.isEmpty ? "" : "?" + items.joined(separator: "&") }
}
