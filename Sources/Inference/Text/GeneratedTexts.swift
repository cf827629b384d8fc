internal import Core

/// Texts made of a model's own words, as people might write them: what engines are compared by where no golden rows tell
/// which of them is right.
///
/// The same model always gets the same texts, so that all its workers count the same.
struct GeneratedTexts {
    private let terms: [String]
    /// Moves on with each choice.
    private var choices: UInt64 = 0

    /// - Parameter graph: of the model, in `file`.
    init(of graph: TextGraph, in file: [UInt8]) {
        terms = graph.terms.map { [$0.first] + [$0.second].compactMap(\.self) }
            .filter { $0.allSatisfy(Self.isWord) }
            .map { $0.map { String(decoding: file[$0], as: UTF8.self) }.joined(separator: " ") }
    }

    /// Texts of the words in a model's file that counts words, whatever else it computes.
    init(ofFile file: [UInt8]) {
        do {
            let graph = try OnnxGraph(file)
            terms = try graph.nodes.filter { $0.kind == "TfIdfVectorizer" }
                .flatMap { try graph.texts("pool_strings", of: $0) }
                .filter(Self.isWord)
                .map { String(decoding: file[$0], as: UTF8.self) }
        } catch {
            // The library reads the file, and no words of it are known.
            terms = []
        }
    }

    /// Whether a word is short enough to be put into many texts.
    private static func isWord(_ place: Range<Int>) -> Bool { place.count <= Limits.generatedWordBytes }

    /// - Parameter count: of texts.
    mutating func make(_ count: Int) -> TextColumn {
        TextColumn((0..<count).map { _ in text() })
    }

    private mutating func text() -> String {
        var text = ""
        var last = ""
        for _ in 0..<choose(among: 3...40) {
            // Now and then a word twice: its count is part of most models.
            if choose(among: 0...9) != 0 || last.isEmpty { last = piece() }
            text += last + Self.gaps[choose(among: 0...Self.gaps.count - 1)]
        }
        return text
    }

    private mutating func piece() -> String {
        let term = terms.isEmpty ? "word" : terms[choose(among: 0...terms.count - 1)]
        return switch choose(among: 0...15) {
        case 0: term.uppercased()
        case 1: term.prefix(1).uppercased() + term.dropFirst()
        case 2: "x\(choose(among: 0...999))"
        case 3: Self.strangers[choose(among: 0...Self.strangers.count - 1)]
        default: term
        }
    }

    private static let gaps = [" ", " ", " ", " ", " ", ", ", ". ", "-", "\n", "!!! "]
    /// What few vocabularies know: accents, other scripts, marks, numbers, one letter, signs.
    private static let strangers = [
        "a", "I", "naïve", "Ünïcödé", "добрый", "ΛΟΓΟΣ", "日本語", "👍🏽", "e\u{301}te\u{301}", "it's", "_", "ﬁne", "٣", "½",
        "don\u{2019}t", "\u{200D}", "@name", "#tag", "<br />",
    ]

    private mutating func choose(among range: ClosedRange<Int>) -> Int {
        choices += 1
        return range.lowerBound + Int(Self.mix(Self.mix(choices)) >> 16 % UInt64(range.count))
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 29
    }
}
