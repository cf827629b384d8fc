internal import Glibc

/// The linear model at the end of a graph: weights of the terms that a text has, summed, and what becomes of the sums.
///
/// Sums are of 64 bits, as the training library's are.
struct LinearModel {
    /// Values of an answer.
    let width: Int
    private let frequency: TextGraph.Frequency
    private let norm: TextGraph.Norm?
    private let link: TextGraph.Link
    /// For each feature its factor and its ``width`` weights, in ``blocks`` of four: next to each other, so that a term asks
    /// for one place of memory.
    private let weights: [SIMD4<Float>]
    /// As ``weights``, with nothing in the place of the factor.
    private let intercepts: [SIMD4<Double>]
    private let blocks: Int
    /// What becomes of the small counts, which nearly all are.
    private let frequencies: [Double]

    init(_ graph: TextGraph) {
        (width, frequency, norm, link) = (graph.width, graph.frequency, graph.norm, graph.link)
        blocks = Self.blocks(for: width)
        frequencies = (0..<16).map(graph.frequency.weight)
        var weights = [SIMD4<Float>](repeating: .zero, count: graph.featureCount * blocks)
        var intercepts = [SIMD4<Double>](repeating: .zero, count: blocks)
        for feature in 0..<graph.featureCount { weights[feature * blocks][0] = graph.idf?[feature] ?? 1 }
        for value in 0..<graph.width {
            let (block, lane) = ((value + 1) / 4, (value + 1) % 4)
            intercepts[block][lane] = Double(graph.intercepts[value])
            for feature in 0..<graph.featureCount {
                weights[feature * blocks + block][lane] = graph.coefficients[value * graph.featureCount + feature]
            }
        }
        (self.weights, self.intercepts) = (weights, intercepts)
    }

    /// Blocks of four that a factor and so many values take.
    static func blocks(for width: Int) -> Int { width / 4 + 1 }

    /// Evaluates the terms of a text, and forgets them.
    ///
    /// - Parameters:
    ///   - found: different features in ``TextScratch/found``.
    ///   - answer: takes ``width`` values.
    func evaluate(_ found: Int, in scratch: TextScratch, into answer: UnsafeMutablePointer<Float>) {
        weights.withUnsafeBufferPointer { weights in
            let size =
                switch norm {
                case .l2: weigh(found, scratch, weights) { $0 + $1 * $1 }.squareRoot()
                case .l1: weigh(found, scratch, weights) { $0 + abs($1) }
                case .max: weigh(found, scratch, weights) { max($0, abs($1)) }
                case nil: weigh(found, scratch, weights) { size, _ in size }
                }
            let scale = size > 0 ? 1 / size : 1
            for block in 0..<blocks {
                let scores = sum(found, scratch, weights, block) * scale + intercepts[block]
                UnsafeMutableRawPointer(scratch.scores + 4 * block).storeBytes(of: scores, as: SIMD4<Double>.self)
            }
        }
        finish(scratch.scores + 1, into: answer)
    }

    /// Weighs the terms.
    ///
    /// - Returns: their norm, to which each is added by a closure.
    @inline(__always)
    private func weigh(
        _ found: Int, _ scratch: TextScratch, _ weights: UnsafeBufferPointer<SIMD4<Float>>,
        _ add: (Double, Double) -> Double
    ) -> Double {
        let (counts, features, terms) = (scratch.counts, scratch.found, scratch.terms)
        var size = 0.0
        frequencies.withUnsafeBufferPointer { frequencies in
            for index in 0..<found {
                let feature = Int(features[index])
                let count = Int(counts[feature])
                counts[feature] = 0
                let factor = Double(weights[feature &* blocks][0])
                let term = factor * (count < frequencies.count ? frequencies[count] : frequency.weight(of: count))
                terms[index] = term
                size = add(size, term)
            }
        }
        return size
    }

    /// Sums up one block of the terms' weights.
    @inline(__always)
    private func sum(
        _ found: Int, _ scratch: TextScratch, _ weights: UnsafeBufferPointer<SIMD4<Float>>, _ block: Int
    ) -> SIMD4<Double> {
        let (features, terms) = (scratch.found, scratch.terms)
        var sums = SIMD4<Double>.zero
        for index in 0..<found {
            sums += terms[index] * SIMD4<Double>(weights[Int(features[index]) &* blocks &+ block])
        }
        return sums
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

extension TextGraph.Frequency {
    /// - Parameter count: how often a term occurs, from 1 on.
    fileprivate func weight(of count: Int) -> Double {
        switch self {
        case .count: Double(count)
        case .binary: 1
        case .sublinear: 1 + log(Double(count))
        case .logOfNext: log(1 + Double(count))
        }
    }
}
