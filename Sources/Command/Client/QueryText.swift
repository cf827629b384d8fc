internal import HTTP

/// The query of an address, put together from what was given.
struct QueryText {
    private var items: [String] = []

    mutating func add(_ name: String, _ value: String?) {
        if let value { items.append("\(PercentEncoding.encode(name))=\(PercentEncoding.encode(value))") }
    }

    /// The same, asking also whether results could be had as another query says.
    ///
    /// - Parameter results: nil for nothing.
    func judging(_ results: QueryText?) -> QueryText {
        var query = self
        query.items += (results?.items ?? []).map { "results.\($0)" }
        return query
    }

    /// Whether each item is in a query's text.
    func isPart(of text: String) -> Bool {
        Set(items).isSubset(of: text.drop { $0 == "?" }.split(separator: "&").map(String.init))
    }

    /// With its question mark; empty for an empty query.
    var text: String { items.isEmpty ? "" : "?" + items.joined(separator: "&") }
}
