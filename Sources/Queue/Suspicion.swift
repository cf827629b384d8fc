/// What is known of rows of one chunk that kill the worker that runs them.
///
/// Nothing of a run outlives a death but what was written before it. So a chunk that was alone in a worker when it died
/// runs in pieces, each noted before it begins: the next death tells in which piece the killer is, and after a few of
/// them the row itself is known and fails alone.
package struct Suspicion: Sendable, Equatable {
    /// Rows of which at least one kills; nil when no piece is known to.
    package var bad: Range<Int>?
    /// Rows that killed a worker alone, ascending.
    package var poison: [Int]

    package init(bad: Range<Int>? = nil, poison: [Int] = []) {
        self.bad = bad
        self.poison = poison.sorted()
    }

    /// Into how many pieces a bad range is cut: more find the row in fewer deaths, and take more writes.
    private static let parts = 8

    /// The pieces in which a chunk is run, in row order; rows that are poison are in none.
    package func pieces(of rows: Int) -> [Range<Int>] {
        // A chunk that killed as a whole and has told nothing else is bad as a whole.
        let bad = bad ?? (poison.isEmpty ? 0..<rows : nil)
        var cuts: Set<Int> = [0, rows]
        if let bad {
            for part in 0...Self.parts { cuts.insert(bad.lowerBound + bad.count * part / Self.parts) }
        }
        for row in poison { cuts.formUnion([row, row + 1]) }
        let places = cuts.filter { (0...rows).contains($0) }.sorted()
        let poisoned = Set(poison)
        return zip(places, places.dropFirst()).map { $0..<$1 }.filter { !poisoned.contains($0.lowerBound) }
    }

    /// The text under which poison rows are stored.
    static func rows(from text: String) -> [Int] { text.split(separator: ",").compactMap { Int($0) } }
}
