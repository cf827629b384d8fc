/// A graph of the shape that the fused kernel knows, with its tables: case, words, weights of words and pairs, a linear
/// model, probabilities.
///
/// It is recognised from its end to its beginning, node by node, as the converter of scikit-learn writes it. Whatever is
/// not known in every detail is refused with its reason, and runs on ONNX Runtime.
struct TextGraph {
    /// The kernel does not compute what this graph says.
    struct Unsuited: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// Which characters words are made of.
    enum WordCharacters {
        /// Letters and numbers of all scripts, and the underscore: Python's `\w`.
        case all
        case ascii
    }

    /// What becomes of the number of times that a term occurs.
    enum Frequency {
        case count
        /// 1 for any number of times.
        case binary
        /// 1 + ln(n): sublinear, as the library that trains the models has it.
        case sublinear
        /// ln(1 + n), which its converter writes in place of that.
        case logOfNext
    }

    enum Norm: String {
        case l1 = "L1"
        case l2 = "L2"
        case max = "MAX"
    }

    enum Link {
        case none
        /// The logistic function of each score, divided by their sum if the graph says so.
        case logistic(dividesBySum: Bool)
        case softmax
    }

    /// A feature: one word, or two in a row.
    struct Term {
        let first: Range<Int>
        let second: Range<Int>?
        let feature: Int
    }

    private(set) var lowercases = false
    private(set) var characters = WordCharacters.all
    /// Characters of a word at least.
    private(set) var shortest = 1
    private(set) var terms: [Term] = []
    private(set) var featureCount = 0
    /// The graph's own, until the reader knows better.
    var frequency = Frequency.count
    /// A factor for each feature; nil for none.
    private(set) var idf: [Float]?
    private(set) var norm: Norm?
    private(set) var link = Link.none
    /// `width` rows of `featureCount` weights.
    private(set) var coefficients: [Float] = []
    /// One for each value of the answer.
    private(set) var intercepts: [Float] = []
    var width: Int { intercepts.count }

    private let graph: OnnxGraph

    /// - Parameters:
    ///   - input: the name of the graph's input of one text a row.
    ///   - output: the name of the wanted output.
    /// - Throws: ``Unsuited``; `ProtobufReader.Malformed` when the file is broken.
    init(_ graph: OnnxGraph, input: String, output: String) throws {
        self.graph = graph
        guard !graph.definesOperators else { throw Unsuited("it defines operators of its own") }
        guard !graph.isAmbiguous else { throw Unsuited("two of its nodes give a value of the same name") }
        var value = output
        if try !takeOneAgainstRest(&value) {
            let isNormalized = try takeProbabilities(&value)
            try takeModel(&value, isNormalized: isNormalized)
        }
        norm = try takeNorm(&value)
        try takeFactors(&value)
        try takeTerms(&value)
        try takeWords(&value)
        try takeCase(&value)
        guard value == input else { throw Unsuited("its text comes from `\(value)`, not from the input") }
    }

    // MARK: From the end to the beginning

    /// The node that gives a value, whose own input becomes the value; nodes that only change a shape are passed over.
    private func take(_ kinds: Set<String>, _ value: inout String) throws -> OnnxGraph.Node? {
        guard let node = graph.producer(of: try pastShapes(value)), kinds.contains(node.kind),
            let source = node.inputs.first
        else { return nil }
        value = source
        return node
    }

    /// The value behind the nodes that only change a shape.
    private func pastShapes(_ value: String) throws -> String {
        var name = value
        // A graph passes each of its nodes once at most, unless they go in a circle.
        for _ in 0...graph.nodes.count {
            guard let node = graph.producer(of: name), Self.shapes.contains(node.kind), let source = node.inputs.first
            else { return name }
            name = source
        }
        throw Unsuited("its nodes go in a circle")
    }

    /// Nodes that leave all values as they are.
    private static let shapes: Set<String> = ["Reshape", "Flatten", "Identity", "Squeeze", "Unsqueeze"]

    /// - Returns: whether probabilities are divided by their sum.
    private func takeProbabilities(_ value: inout String) throws -> Bool {
        guard let node = try take(["Normalizer"], &value) else { return false }
        guard try graph.text("norm", of: node) == "L1" else { throw Unsuited("its probabilities have another norm") }
        return true
    }

    /// A model for each label, against all others: the second probability of each, divided by their sum.
    private mutating func takeOneAgainstRest(_ value: inout String) throws -> Bool {
        guard let norm = graph.producer(of: value), norm.kind == "LpNormalization" else { return false }
        guard try graph.integer("p", of: norm) == 1, try graph.integer("axis", of: norm) == 1,
            let joined = norm.inputs.first.flatMap(graph.producer), joined.kind == "Concat",
            try graph.integer("axis", of: joined) == 1
        else { throw Unsuited("its probabilities have another norm") }
        var sources: Set<String> = []
        // Each model once, so that all weights together are no more than the file has.
        var models: Set<Range<Int>> = []
        var (weights, offsets): ([Float], [Float]) = ([], [])
        for part in joined.inputs {
            guard let slice = graph.producer(of: part), slice.kind == "Slice", slice.inputs.count == 4,
                try slice.inputs[1...].map(graph.integers) == [[1], [2], [1]],
                let node = graph.producer(of: slice.inputs[0]), node.kind == "LinearClassifier",
                node.outputs.count == 2, node.outputs[1] == slice.inputs[0], let source = node.inputs.first,
                try graph.text("post_transform", of: node) == "LOGISTIC", try labelCount(of: node) == 2
            else { throw Unsuited("its probabilities are put together in a way that the kernel does not know") }
            guard models.insert(node.place).inserted else { throw Unsuited("it asks one of its models twice") }
            let before = featureCount
            try takeWeights(of: node)
            guard width == 2, before == 0 || before == featureCount else { throw Unsuited("its models are not alike") }
            sources.insert(source)
            weights += coefficients[featureCount...]
            offsets.append(intercepts[1])
        }
        guard sources.count == 1, let source = sources.first else {
            throw Unsuited("its models ask different features")
        }
        (coefficients, intercepts, link, value) = (weights, offsets, .logistic(dividesBySum: true), source)
        return true
    }

    private mutating func takeModel(_ value: inout String, isNormalized: Bool) throws {
        if let node = try take(["LinearRegressor"], &value) {
            guard !isNormalized, try graph.text("post_transform", of: node) ?? "NONE" == "NONE" else {
                throw Unsuited("its answer is transformed in a way that the kernel does not know")
            }
            try takeWeights(of: node)
            return
        }
        let answer = value
        guard let node = try take(["LinearClassifier"], &value) else {
            throw Unsuited("it does not end in a linear model")
        }
        guard node.outputs.count == 2, node.outputs[1] == answer else {
            throw Unsuited("its answer is not the probabilities of its linear model")
        }
        try takeWeights(of: node)
        switch try graph.text("post_transform", of: node) ?? "NONE" {
        case "SOFTMAX": link = .softmax
        case "LOGISTIC": link = .logistic(dividesBySum: isNormalized)
        case let other: throw Unsuited("its scores become probabilities by \(other)")
        }
        if width == 1 {
            // One score of two labels stands for the second.
            guard case .logistic = link, try labelCount(of: node) == 2 else { throw Unsuited("it has one score") }
            coefficients = coefficients.map { -$0 } + coefficients
            intercepts = intercepts.map { -$0 } + intercepts
        }
        guard try labelCount(of: node) == width else { throw Unsuited("it has not one score for each label") }
    }

    private func labelCount(of node: OnnxGraph.Node) throws -> Int {
        try max(graph.texts("classlabels_strings", of: node).count, graph.integers("classlabels_ints", of: node).count)
    }

    private mutating func takeWeights(of node: OnnxGraph.Node) throws {
        coefficients = try graph.floats("coefficients", of: node)
        intercepts = try graph.floats("intercepts", of: node)
        if intercepts.isEmpty, let targets = try graph.integer("targets", of: node), (1...1_000).contains(targets) {
            intercepts = Array(repeating: 0, count: targets)
        }
        guard !intercepts.isEmpty, !coefficients.isEmpty, coefficients.count % intercepts.count == 0,
            (coefficients + intercepts).allSatisfy(\.isFinite)
        else { throw Unsuited("its weights are not a number for each feature and label") }
        featureCount = coefficients.count / intercepts.count
    }

    private func takeNorm(_ value: inout String) throws -> Norm? {
        guard let node = try take(["Normalizer"], &value) else { return nil }
        guard let norm = Norm(rawValue: try graph.text("norm", of: node) ?? "MAX") else {
            throw Unsuited("its features have a norm that the kernel does not know")
        }
        return norm
    }

    private mutating func takeFactors(_ value: inout String) throws {
        if let node = try take(["Mul"], &value) {
            guard node.inputs.count == 2, let factors = try graph.constant(node.inputs[1]),
                factors.count == featureCount, factors.allSatisfy(\.isFinite)
            else { throw Unsuited("its features are multiplied by something else than a number for each") }
            idf = factors
        }
        guard try take(["Log"], &value) != nil else { return }
        guard let node = try take(["Add"], &value), node.inputs.count == 2,
            let ones = try graph.constant(node.inputs[1]),
            ones.allSatisfy({ $0 == 1 })
        else { throw Unsuited("it takes a logarithm of something else than 1 and a count") }
        frequency = .logOfNext
    }

    private mutating func takeTerms(_ value: inout String) throws {
        guard let node = try take(["TfIdfVectorizer"], &value) else { throw Unsuited("it does not count words") }
        let pool = try graph.texts("pool_strings", of: node)
        let starts = try graph.integers("ngram_counts", of: node)
        let features = try graph.integers("ngram_indexes", of: node)
        let longest = try graph.integer("max_gram_length", of: node) ?? 0
        let shortest = try graph.integer("min_gram_length", of: node) ?? 0
        let skips = try graph.integer("max_skip_count", of: node) ?? 0
        guard (1...2).contains(longest), (1...longest).contains(shortest), skips == 0 || longest == 1 else {
            throw Unsuited("it counts more than words and pairs of words in a row")
        }
        let hasPlainWeights = try graph.floats("weights", of: node).allSatisfy { $0 == 1 }
        switch try graph.text("mode", of: node) {
        case "TF": frequency = frequency == .logOfNext ? .logOfNext : .count
        case "IDF" where frequency == .count && hasPlainWeights:
            frequency = .binary
        default: throw Unsuited("it weighs words in a way that the kernel does not know")
        }
        let pairs = starts.count > 1 ? starts[1] : pool.count
        guard starts.first == 0, starts.count <= 2, (0...pool.count).contains(pairs), (pool.count - pairs) % 2 == 0,
            features.count == pairs + (pool.count - pairs) / 2, Set(features).count == features.count,
            features.allSatisfy({ (0..<featureCount).contains($0) })
        else { throw Unsuited("its list of words is broken") }
        terms = (0..<pairs).map { term(pool[$0], feature: features[$0]) }
        terms += stride(from: pairs, to: pool.count, by: 2).enumerated().map { index, place in
            Term(first: pool[place], second: pool[place + 1], feature: features[pairs + index])
        }
    }

    /// Reads a feature of one word, or what the converter makes of a pair with a word that is no feature itself: one word
    /// with a blank in it.
    ///
    /// No word of a text has a blank, so that ONNX Runtime never finds it; the library that trained the model does.
    private func term(_ word: Range<Int>, feature: Int) -> Term {
        let blanks = graph.file[word].indices.filter { graph.file[$0] == UInt8(ascii: " ") }
        guard blanks.count == 1 else { return Term(first: word, second: nil, feature: feature) }
        return Term(first: word.lowerBound..<blanks[0], second: blanks[0] + 1..<word.upperBound, feature: feature)
    }

    private mutating func takeWords(_ value: inout String) throws {
        guard let node = try take(["Tokenizer"], &value), let pattern = try graph.text("tokenexp", of: node),
            try graph.integer("mark", of: node) ?? 0 == 0
        else { throw Unsuited("it does not find words by a pattern") }
        guard let (characters, shortest) = Self.patterns[pattern] else {
            throw Unsuited("its words have the pattern `\(pattern)`")
        }
        self.characters = characters
        self.shortest = max(shortest, try graph.integer("mincharnum", of: node) ?? 1)
        guard self.shortest <= 8 else { throw Unsuited("its words are longer than 8 characters") }
    }

    /// The patterns that the kernel knows: runs of a set of characters, from a length on.
    private static let patterns: [String: (WordCharacters, Int)] = {
        let sets: [(String, WordCharacters)] = [
            ("[\\p{L}\\p{N}_]", .all), ("[a-zA-Z0-9_]", .ascii), ("\\w", .ascii),
        ]
        let lengths = [("+", 1), ("{1,}", 1), ("{2,}", 2), ("{3,}", 3)]
        let all = sets.flatMap { set in lengths.map { (set.0 + $0.0, (set.1, $0.1)) } }
        return Dictionary(uniqueKeysWithValues: all)
    }()

    private mutating func takeCase(_ value: inout String) throws {
        if let node = try take(["StringNormalizer"], &value) {
            guard try graph.texts("stopwords", of: node).isEmpty else { throw Unsuited("it leaves words out") }
            switch try graph.text("case_change_action", of: node) ?? "NONE" {
            case "LOWER": lowercases = true
            case "NONE": break
            case let other: throw Unsuited("it changes letters by \(other)")
            }
        }
        value = try pastShapes(value)
    }
}
