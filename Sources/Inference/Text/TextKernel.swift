internal import Glibc

/// Words and pairs of words, weighted, into a linear model: the whole graph in one pass over a text's bytes.
///
/// A text has some dozens of terms of a vocabulary of many thousands. ONNX Runtime makes a row of the whole vocabulary for
/// each text; here only what the text has is looked up and summed. Sums are of 64 bits, as the training library's are.
///
/// Immutable, and shared by threads; each brings a ``TextScratch``.
final class TextKernel: Sendable {
    /// Values of an answer.
    let width: Int
    private let features: Int
    private let letters: TextLetters
    private let shortest: Int
    private let words: WordTable
    /// The feature of each word, -1 for one that only occurs in pairs.
    private let featureOfWord: [Int32]
    private let pairs: PairTable
    private let hasPairs: Bool
    private let frequency: TextGraph.Frequency
    private let factors: [Float]
    private let norm: TextGraph.Norm?
    private let link: TextGraph.Link
    /// ``width`` weights for each feature, next to each other.
    private let weights: [Float]
    private let intercepts: [Double]

    /// - Parameter file: the file that the graph was read from.
    /// - Throws: ``TextGraph/Unsuited`` when the words are not words, or stand there twice.
    init(_ graph: TextGraph, file: [UInt8]) throws {
        width = graph.width
        features = graph.featureCount
        letters = TextLetters(lowercases: graph.lowercases, characters: graph.characters)
        shortest = graph.shortest
        frequency = graph.frequency
        factors = graph.idf ?? Array(repeating: 1, count: graph.featureCount)
        norm = graph.norm
        link = graph.link
        intercepts = graph.intercepts.map(Double.init)
        weights = (0..<graph.featureCount * graph.width).map { place in
            graph.coefficients[place % graph.width * graph.featureCount + place / graph.width]
        }
        let pairTerms = graph.terms.filter { $0.second != nil }
        hasPairs = !pairTerms.isEmpty
        var words = WordTable(capacity: graph.terms.count + pairTerms.count)
        var pairs = PairTable(capacity: pairTerms.count)
        var featureOfWord: [Int32] = []
        func number(_ word: Range<Int>) throws -> Int {
            guard !word.isEmpty, !file[word].contains(0) else { throw TextGraph.Unsuited("a word of its list is none") }
            let number = words.add(file[word])
            if number == featureOfWord.count { featureOfWord.append(-1) }
            return number
        }
        for term in graph.terms {
            let first = try number(term.first)
            if let second = term.second {
                let second = try number(second)
                guard pairs.find(Int32(first), Int32(second)) < 0 else {
                    throw TextGraph.Unsuited("a pair of words stands twice in its list")
                }
                pairs.add(first, second, feature: term.feature)
            } else {
                guard featureOfWord[first] < 0 else { throw TextGraph.Unsuited("a word stands twice in its list") }
                featureOfWord[first] = Int32(term.feature)
            }
        }
        (self.words, self.pairs, self.featureOfWord) = (words, pairs, featureOfWord)
    }

    func makeScratch() -> TextScratch { TextScratch(features: features, width: width) }

    /// Evaluates one text.
    ///
    /// - Parameters:
    ///   - text: UTF-8.
    ///   - answer: takes ``width`` values.
    func evaluate(
        _ text: UnsafeRawBufferPointer, with scratch: TextScratch, into answer: UnsafeMutablePointer<Float>
    ) {
        let end = letters.read(text, into: scratch)
        let found = count(scratch, end)
        sum(scratch, found)
        finish(scratch.scores, into: answer)
    }

    // MARK: Terms

    /// Counts the terms of a text.
    ///
    /// - Returns: the number of different ones.
    private func count(_ scratch: TextScratch, _ end: Int) -> Int {
        let (letters, marks) = (UnsafeRawPointer(scratch.letters), scratch.marks)
        let (counts, found) = (scratch.counts, scratch.found)
        var foundCount = 0
        var previous: Int32 = -1
        var start = -1
        var last: UInt64 = 0
        return featureOfWord.withUnsafeBufferPointer { featureOfWord in
            @inline(__always) func note(_ feature: Int32) {
                let place = Int(feature)
                let count = counts[place]
                if count == 0 {
                    found[foundCount] = feature
                    foundCount += 1
                }
                counts[place] = count + 1
            }
            @inline(__always) func take(_ start: Int, _ end: Int) {
                guard isLongEnough(letters + start, end - start) else { return }
                let word = words.find(letters + start, end - start)
                if word >= 0 {
                    let feature = featureOfWord[Int(word)]
                    if feature >= 0 { note(feature) }
                    if previous >= 0, hasPairs {
                        let pair = pairs.find(previous, word)
                        if pair >= 0 { note(pair) }
                    }
                }
                previous = word
            }
            // A word begins and ends where a mark differs from the one before it.
            for block in 0...(end >> 6) {
                let bits = marks.loadUnaligned(fromByteOffset: 8 * block, as: UInt64.self)
                var changes = bits ^ (bits << 1 | last)
                last = bits >> 63
                while changes != 0 {
                    let place = block << 6 + changes.trailingZeroBitCount
                    changes &= changes &- 1
                    if start < 0 {
                        start = place
                    } else {
                        take(start, place)
                        start = -1
                    }
                }
            }
            return foundCount
        }
    }

    /// Whether a run of word characters is a word.
    @inline(__always)
    private func isLongEnough(_ word: UnsafeRawPointer, _ count: Int) -> Bool {
        if count < shortest { return false }
        // A character has up to four bytes.
        if count >= 4 * shortest { return true }
        var characters = 0
        for offset in 0..<count where word.load(fromByteOffset: offset, as: UInt8.self) & 0xC0 != 0x80 {
            characters += 1
        }
        return characters >= shortest
    }

    // MARK: Sums

    /// Sums up the weights of the terms, and forgets them.
    private func sum(_ scratch: TextScratch, _ foundCount: Int) {
        let (counts, scores) = (scratch.counts, scratch.scores)
        for value in 0..<width { scores[value] = 0 }
        var size = 0.0
        factors.withUnsafeBufferPointer { factors in
            weights.withUnsafeBufferPointer { weights in
                for index in 0..<foundCount {
                    let feature = Int(scratch.found[index])
                    let term = weight(of: counts[feature]) * Double(factors[feature])
                    counts[feature] = 0
                    switch norm {
                    case .l2: size += term * term
                    case .l1: size += abs(term)
                    case .max: size = max(size, abs(term))
                    case nil: break
                    }
                    for value in 0..<width { scores[value] += term * Double(weights[feature * width + value]) }
                }
            }
        }
        if norm == .l2 { size = size.squareRoot() }
        let scale = size > 0 ? 1 / size : 1
        for value in 0..<width { scores[value] = scores[value] * scale + intercepts[value] }
    }

    @inline(__always)
    private func weight(of count: UInt32) -> Double {
        switch frequency {
        case .count: Double(count)
        case .binary: 1
        case .logOfNext: log(1 + Double(count))
        }
    }

    private func finish(_ scores: UnsafeMutablePointer<Double>, into answer: UnsafeMutablePointer<Float>) {
        if link == .none {
            for value in 0..<width { answer[value] = Float(scores[value]) }
            return
        }
        var greatest = scores[0]
        for value in 1..<max(1, width) { greatest = max(greatest, scores[value]) }
        var sum = 0.0
        for value in 0..<width {
            scores[value] = link == .softmax ? exp(scores[value] - greatest) : 1 / (1 + exp(-scores[value]))
            sum += scores[value]
        }
        for value in 0..<width { answer[value] = Float(scores[value] / sum) }
    }
}
