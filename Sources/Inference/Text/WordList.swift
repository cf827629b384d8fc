/// Numbers the words of a model's terms, those that are features and those that only occur in pairs.
struct WordList {
    struct Pair: Hashable {
        let first: Int32
        let second: Int32
    }

    /// Each word once, with its feature, -1 for none.
    private(set) var words: [(bytes: ArraySlice<UInt8>, feature: Int32)] = []
    /// The feature of each pair.
    private(set) var pairs: [Pair: Int32] = [:]
    private var numbers: [ArraySlice<UInt8>: Int32] = [:]
    private let file: [UInt8]

    /// - Parameter file: the file in which the words stand.
    init(file: [UInt8]) { self.file = file }

    /// - Throws: `TextGraph.Unsuited` when a word is none, or the term is there already.
    mutating func add(_ term: TextGraph.Term) throws {
        let first = try number(of: term.first)
        guard let second = try term.second.map({ try number(of: $0) }) else {
            guard words[Int(first)].feature < 0 else { throw TextGraph.Unsuited("a word stands twice in its list") }
            words[Int(first)].feature = Int32(term.feature)
            return
        }
        guard pairs.updateValue(Int32(term.feature), forKey: Pair(first: first, second: second)) == nil else {
            throw TextGraph.Unsuited("a pair of words stands twice in its list")
        }
    }

    private mutating func number(of place: Range<Int>) throws -> Int32 {
        let bytes = file[place]
        guard !bytes.isEmpty, !bytes.contains(0) else { throw TextGraph.Unsuited("a word of its list is none") }
        if let number = numbers[bytes] { return number }
        let number = Int32(words.count)
        numbers[bytes] = number
        words.append((bytes, -1))
        return number
    }
}
