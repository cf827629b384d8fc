import Core

/// Chooses a media type by what the caller accepts: RFC 9110, section 12.5.1.
package enum MediaTypes {
    /// The type that the caller prefers.
    ///
    /// The highest quality wins, by the most specific range that matches a type; then the type that is named itself over
    /// one that a `*` stands for, then the caller's order, then ours. Parameters but `q` are not looked at.
    ///
    /// - Parameter types: what can be given, the best first.
    /// - Throws: ``HTTPError/notAcceptable(known:)``.
    package static func preferred(_ types: [String], by headers: HTTPHeaders) throws -> String {
        // What nearly all callers send needs no work.
        guard let first = headers.first("Accept") else { return types[0] }
        let values = headers.all("Accept")
        if first == "*/*", values.count == 1 { return types[0] }
        let items = Preferences(values).items
        guard !items.isEmpty else { return types[0] }
        let ranked = types.enumerated().compactMap { index, type in
            rank(of: type, by: items).map { (rank: $0, index: index, type: type) }
        }
        let best = ranked.min { ($0.rank, $0.index) < ($1.rank, $1.index) }
        guard let best else { throw HTTPError.notAcceptable(known: types) }
        return best.type
    }

    /// How a type is liked; less is better.
    private struct Rank: Comparable {
        let refusal: Int
        let vagueness: Int
        let place: Int

        static func < (left: Rank, right: Rank) -> Bool {
            (left.refusal, left.vagueness, left.place) < (right.refusal, right.vagueness, right.place)
        }
    }

    private static func rank(of type: String, by items: [Preferences.Item]) -> Rank? {
        let family = type.prefix { $0 != "/" } + "/*"
        for (vagueness, range) in [type, String(family), "*/*"].enumerated() {
            let matches = items.indices.filter { items[$0].name == range }
            // A range that stands there more than once, with other parameters, counts as its best.
            guard let place = matches.max(by: { items[$0].quality < items[$1].quality }) else { continue }
            let quality = items[place].quality
            return quality == 0 ? nil : Rank(refusal: 1_000 - quality, vagueness: vagueness, place: place)
        }
        return nil
    }
}
