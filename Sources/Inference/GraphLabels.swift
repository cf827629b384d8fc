/// Finds the labels of a classifier in its graph.
struct GraphLabels {
    private let graph: OnnxGraph
    /// The node that gives a value, by the value's name.
    private let producers: [String: Int]

    init(in graph: OnnxGraph) {
        self.graph = graph
        let outputs = graph.nodes.enumerated().flatMap { index, node in node.outputs.map { ($0, index) } }
        producers = Dictionary(outputs, uniquingKeysWith: { first, _ in first })
    }

    /// The lists of labels in the graph: a classifier's own, and what is picked from by the number of the most probable one.
    ///
    /// A graph may hold other classifiers inside, such as one for each label, whose labels are 0 and 1. So the lists nearest
    /// to the graph's own label come first.
    ///
    /// - Parameter outputs: the outputs that are not read, of which one is the label.
    func lists(nearest outputs: [String]) throws -> [[String]] {
        var order = outputs.compactMap { producers[$0] }
        var seen = Set(order)
        var next = 0
        while next < order.count {
            for source in graph.nodes[order[next]].inputs.compactMap({ producers[$0] })
            where seen.insert(source).inserted { order.append(source) }
            next += 1
        }
        let others = graph.nodes.indices.filter { !seen.contains($0) }
        // Many nodes may pick from one list, and a small file would become gigabytes of labels.
        var picked: Set<String> = []
        return try (order + others).flatMap { index in
            let node = graph.nodes[index]
            let source = node.kind == "ArrayFeatureExtractor" ? node.inputs.first : nil
            return try lists(of: node, picking: source.flatMap { picked.insert($0).inserted ? $0 : nil })
        }
    }

    private func lists(of node: OnnxGraph.Node, picking picked: String?) throws -> [[String]] {
        let texts = try [graph.texts("classlabels_strings", of: node), picked.map(graph.texts) ?? []]
        let integers = try [
            graph.integers("classlabels_ints", of: node), graph.integers("classlabels_int64s", of: node),
            picked.map(graph.integers) ?? [],
        ]
        return texts.map { $0.map { String(decoding: graph.file[$0], as: UTF8.self) } }
            + integers.map { $0.map(String.init) }
    }
}
