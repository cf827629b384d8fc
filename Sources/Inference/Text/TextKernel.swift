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
    private let pairs: PairTable
    private let hasPairs: Bool
    private let frequency: TextGraph.Frequency
    private let norm: TextGraph.Norm?
    private let link: TextGraph.Link
    /// For each feature its factor, and ``width`` weights: next to each other, so that a term asks for one place of memory.
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
        norm = graph.norm
        link = graph.link
        intercepts = graph.intercepts.map(Double.init)
        var weights: [Float] = []
        weights.reserveCapacity(graph.featureCount * (graph.width + 1))
        for feature in 0..<graph.featureCount {
            weights.append(graph.idf?[feature] ?? 1)
            for value in 0..<graph.width { weights.append(graph.coefficients[value * graph.featureCount + feature]) }
        }
        self.weights = weights

        var list = WordList(file: file)
        for term in graph.terms { try list.add(term) }
        words = WordTable(list.words)
        var pairs = PairTable(capacity: list.pairs.count)
        for (pair, feature) in list.pairs { pairs.add(pair.first, pair.second, feature: feature) }
        self.pairs = pairs
        hasPairs = !list.pairs.isEmpty
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

    /// Counts the terms of a text.
    ///
    /// - Returns: the number of different ones.
    private func count(_ scratch: TextScratch, _ end: Int) -> Int {
        let runs = findEdges(scratch, end)
        let (letters, edges) = (UnsafeRawPointer(scratch.letters), scratch.edges)
        // Of ASCII each byte is a character, of any other text none has more than four.
        let surelyLong = scratch.isASCII ? shortest : 4 * shortest
        var terms = FoundTerms(counts: scratch.counts, found: scratch.found)
        words.withShort { short in
            pairs.withFilter { filter in
                var previous: Int32 = -1
                for run in 0..<runs {
                    let start = Int(edges[2 &* run])
                    let length = Int(edges[2 &* run &+ 1]) &- start
                    guard length >= surelyLong || isLongEnough(letters + start, length) else { continue }
                    let word = words.find(letters + start, length, in: short)
                    if word.feature >= 0 { terms.note(word.feature) }
                    if hasPairs, word.number | previous >= 0 {
                        let pair = pairs.find(previous, word.number, in: filter)
                        if pair >= 0 { terms.note(pair) }
                    }
                    previous = word.number
                }
            }
        }
        return terms.count
    }

    /// The different features of a text, and how often each was found.
    private struct FoundTerms {
        let counts: UnsafeMutablePointer<UInt32>
        let found: UnsafeMutablePointer<Int32>
        var count = 0

        @inline(__always)
        mutating func note(_ feature: Int32) {
            let before = counts[Int(feature)]
            // Without a branch, which nobody could foresee: a feature that is there already is overwritten by the next.
            found[count] = feature
            count &+= before == 0 ? 1 : 0
            counts[Int(feature)] = before &+ 1
        }
    }

    /// Whether a run of word characters, which may take several bytes each, is a word.
    private func isLongEnough(_ word: UnsafeRawPointer, _ count: Int) -> Bool {
        if count < shortest { return false }
        let bytes = UnsafeRawBufferPointer(start: word, count: count)
        return bytes.count { $0 & 0xC0 != 0x80 } >= shortest
    }

    // MARK: Sums

    /// Sums up the weights of the terms, and forgets them.
    private func sum(_ scratch: TextScratch, _ foundCount: Int) {
        let (counts, scores) = (scratch.counts, scratch.scores)
        for value in 0..<width { scores[value] = 0 }
        var size = 0.0
        weights.withUnsafeBufferPointer { weights in
            for index in 0..<foundCount {
                let feature = Int(scratch.found[index])
                let row = feature &* (width &+ 1)
                let term = weight(of: counts[feature]) * Double(weights[row])
                counts[feature] = 0
                switch norm {
                case .l2: size += term * term
                case .l1: size += abs(term)
                case .max: size = max(size, abs(term))
                case nil: break
                }
                for value in 0..<width { scores[value] += term * Double(weights[row &+ 1 &+ value]) }
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
        case .sublinear: 1 + log(Double(count))
        case .logOfNext: log(1 + Double(count))
        }
    }

    private func finish(_ scores: UnsafeMutablePointer<Double>, into answer: UnsafeMutablePointer<Float>) {
        var sum = 0.0
        switch link {
        case .none: sum = 1
        case .logistic(let dividesBySum):
            for value in 0..<width {
                scores[value] = 1 / (1 + exp(-scores[value]))
                sum += scores[value]
            }
            if !dividesBySum { sum = 1 }
        case .softmax:
            var greatest = scores[0]
            for value in 1..<max(1, width) { greatest = max(greatest, scores[value]) }
            for value in 0..<width {
                scores[value] = exp(scores[value] - greatest)
                sum += scores[value]
            }
        }
        for value in 0..<width { answer[value] = Float(scores[value] / sum) }
    }
}
