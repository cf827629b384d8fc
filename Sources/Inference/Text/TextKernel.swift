/// Words and pairs of words, weighted, into a linear model: the whole graph in one pass over a text's bytes.
///
/// A text has some dozens of terms of a vocabulary of many thousands. ONNX Runtime makes a row of the whole vocabulary for
/// each text; here only what the text has is looked up and summed.
///
/// Immutable, and shared by threads; each brings a ``TextScratch``.
final class TextKernel: Sendable {
    /// Values of an answer.
    var width: Int { model.width }
    private let features: Int
    private let letters: TextLetters
    private let shortest: Int
    /// A word that is a feature has the feature's number; one that only occurs in pairs has one beyond all features.
    private let words: WordTable
    private let pairs: PairTable
    private let hasPairs: Bool
    private let model: LinearModel

    /// - Parameter file: the file that the graph was read from.
    /// - Throws: ``TextGraph/Unsuited`` when the words are not words, or stand there twice.
    init(_ graph: TextGraph, file: [UInt8]) throws {
        features = graph.featureCount
        letters = TextLetters(lowercases: graph.lowercases, characters: graph.characters)
        shortest = graph.shortest
        model = LinearModel(graph)

        var list = WordList(file: file)
        for term in graph.terms { try list.add(term) }
        let numbers = list.words.enumerated().map { index, word in
            UInt32(word.feature >= 0 ? Int(word.feature) : graph.featureCount + index)
        }
        words = try WordTable(zip(list.words, numbers).map { ($0.bytes, $1) })
        pairs = try PairTable(
            list.pairs.map { pair, feature in
                PairTable.Entry(
                    first: numbers[Int(pair.first)], second: numbers[Int(pair.second)], feature: UInt32(feature))
            })
        hasPairs = !list.pairs.isEmpty
    }

    func makeScratch() -> TextScratch { TextScratch(features: features, width: width) }

    /// Evaluates one text.
    ///
    /// Each step goes over the whole text before the next begins: the looks into the tables do not depend on each other, nor
    /// on a branch, so that a core has many of them under way at once.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - answer: takes ``width`` values.
    func evaluate(
        _ text: UnsafeRawBufferPointer, with scratch: TextScratch, into answer: UnsafeMutablePointer<Float>
    ) {
        let end = letters.read(text, into: scratch)
        var runs = findEdges(scratch, end)
        if !scratch.isASCII { runs = leaveOutShort(scratch, runs) }
        let words = findWords(scratch, runs)
        let found = count(scratch, words)
        model.evaluate(found, in: scratch, into: answer)
    }

    // MARK: Words

    /// Finds where words begin and end: where a mark differs from the one before it.
    ///
    /// - Returns: the number of runs of word characters.
    private func findEdges(_ scratch: TextScratch, _ end: Int) -> Int {
        let (marks, edges) = (UnsafeRawPointer(scratch.marks), scratch.edges)
        var count = 0
        var last: UInt64 = 0
        for block in 0...(end &>> 6) {
            let bits = marks.loadUnaligned(fromByteOffset: 8 &* block, as: UInt64.self)
            var changes = bits ^ (bits &<< 1 | last)
            last = bits &>> 63
            while changes != 0 {
                edges[count] = Int32(truncatingIfNeeded: block &<< 6 &+ changes.trailingZeroBitCount)
                count &+= 1
                changes &= changes &- 1
            }
        }
        return count &>> 1
    }

    /// Leaves out runs of too few characters, each of which may take several bytes.
    ///
    /// - Returns: the number of runs that are left.
    private func leaveOutShort(_ scratch: TextScratch, _ runs: Int) -> Int {
        let (letters, edges) = (UnsafeRawPointer(scratch.letters), scratch.edges)
        var count = 0
        for run in 0..<runs {
            let (start, end) = (edges[2 * run], edges[2 * run + 1])
            let bytes = UnsafeRawBufferPointer(start: letters + Int(start), count: Int(end - start))
            // No character has more than four.
            guard bytes.count >= 4 * shortest || bytes.count(where: { $0 & 0xC0 != 0x80 }) >= shortest else { continue }
            (edges[2 * count], edges[2 * count + 1]) = (start, end)
            count += 1
        }
        return count
    }

    /// Finds the numbers of the words.
    ///
    /// - Returns: the number of words: runs that are long enough.
    private func findWords(_ scratch: TextScratch, _ runs: Int) -> Int {
        let (letters, edges, numbers) = (UnsafeRawPointer(scratch.letters), scratch.edges, scratch.numbers)
        let shortest = shortest
        var count = 0
        words.withLookup { words in
            for run in 0..<runs {
                let start = Int(edges[2 &* run])
                let length = Int(edges[2 &* run &+ 1]) &- start
                // A run that is too short is overwritten by the next.
                numbers[count] = words.number(letters + start, length)
                count &+= length >= shortest ? 1 : 0
            }
        }
        return count
    }

    // MARK: Terms

    /// Counts the terms of a text.
    ///
    /// - Returns: the number of different ones.
    private func count(_ scratch: TextScratch, _ words: Int) -> Int {
        let numbers = scratch.numbers
        var terms = FoundTerms(counts: scratch.counts, found: scratch.found, none: UInt32(features))
        pairs.withLookup { pairs in
            var previous = WordTable.none
            for word in 0..<words {
                let number = numbers[word]
                terms.note(number)
                if hasPairs { terms.note(pairs.feature(previous, number)) }
                previous = number
            }
        }
        return terms.count
    }

    /// The different features of a text, and how often each was found.
    private struct FoundTerms {
        let counts: UnsafeMutablePointer<UInt32>
        let found: UnsafeMutablePointer<UInt32>
        /// Features are less than this; the count of what is none stands behind theirs, and is never 0.
        let none: UInt32
        var count = 0

        init(counts: UnsafeMutablePointer<UInt32>, found: UnsafeMutablePointer<UInt32>, none: UInt32) {
            (self.counts, self.found, self.none) = (counts, found, none)
            counts[Int(none)] = 1
        }

        /// Without a branch, which nobody could foresee: what is there already, or is none, is overwritten by the next.
        @inline(__always)
        mutating func note(_ number: UInt32) {
            let feature = min(number, none)
            let before = counts[Int(feature)]
            found[count] = feature
            count &+= before == 0 ? 1 : 0
            counts[Int(feature)] = before &+ 1
        }
    }
}
