import Core
import TestSupport
import Testing

@testable import Inference

/// Small files that would cost a reader of graphs all its time or memory, or make it answer something else than they say.
@Suite struct HostileGraphTests {
    private static let circle = "its nodes go in a circle"

    private func reason(_ file: [UInt8], input: String = "text", output: String = "probabilities") throws -> String {
        do {
            _ = try TextKernel(TextGraph(OnnxGraph(file), input: input, output: output), file: file)
            return "the kernel knows it"
        } catch let error as TextGraph.Unsuited { return error.reason }
    }

    /// The walk past nodes that only change a shape went round for ever.
    @Test(arguments: [1, 2, 500])
    func `nodes in a circle end the search`(count: Int) throws {
        var draft = GraphDraft()
        for index in 0..<count {
            draft.node("Identity", from: ["v\((index + 1) % count)"], to: ["v\(index)"])
        }
        #expect(try reason(draft.file, output: "v0") == Self.circle)
    }

    @Test(arguments: ["two_labels", "capitals"])
    func `nodes in a circle behind the words end the search`(fixture: String) throws {
        var circle = GraphDraft()
        circle.node("Flatten", from: ["between"], to: ["text"])
        circle.node("Flatten", from: ["text"], to: ["between"])
        // Two graphs in a row are read as one.
        let file = try ModelWorkshop.fixture(fixture) + circle.file
        #expect(try reason(file) == Self.circle)
    }

    /// Each of ten thousand slices added its model's weights, those of one and the same model: gigabytes from a file of 3 MB.
    @Test func `weights that many ask for are read once`() throws {
        var draft = GraphDraft()
        let features = 1_000
        draft.node(
            "LinearClassifier", domain: "ai.onnx.ml", from: ["words"], to: ["label", "both"],
            texts: ["post_transform": "LOGISTIC"], lists: ["classlabels_strings": ["a", "b"]],
            floats: [
                "coefficients": Array(repeating: 1, count: 2 * features), "intercepts": [0, 0],
            ])
        draft.constant("one", [1])
        draft.constant("two", [2])
        for index in 0..<9_000 {
            draft.node("Slice", from: ["both", "one", "two", "one"], to: ["s\(index)"])
        }
        draft.node("Concat", from: (0..<9_000).map { "s\($0)" }, to: ["all"], integers: ["axis": 1])
        draft.node("LpNormalization", from: ["all"], to: ["probabilities"], integers: ["p": 1, "axis": 1])
        #expect(try reason(draft.file) == "it asks one of its models twice")
    }

    /// Many nodes that pick from one list gave the list as many times.
    @Test func `labels that many pick from are listed once`() throws {
        var draft = GraphDraft()
        draft.constant("labels", (0..<1_000).map { "label \($0)" })
        for index in 0..<5_000 {
            draft.node(
                "ArrayFeatureExtractor", domain: "ai.onnx.ml", from: ["labels", "best"], to: ["l\(index)"])
        }
        let lists = try GraphLabels(in: OnnxGraph(draft.file)).lists(nearest: ["l0"])
        #expect(lists.filter { $0.count == 1_000 }.count == 1)
        #expect(lists.reduce(0) { $0 + $1.count } == 1_000)
    }

    /// A thousand texts of forty words of a megabyte each.
    @Test func `a word of megabytes is in no generated text`() throws {
        var draft = GraphDraft()
        draft.node(
            "TfIdfVectorizer", from: ["words"], to: ["counts"],
            lists: ["pool_strings": [String(repeating: "w", count: 1 << 20), "short"]])
        var texts = GeneratedTexts(ofFile: draft.file)
        let made = texts.make(200)
        #expect(made.bytes.count < 200 * 40 * (Limits.generatedWordBytes + 8))
        #expect(
            (0..<200).contains { String(decoding: made.bytes[made.range(at: $0)], as: UTF8.self).contains("short") })
    }

    /// An operator of another domain may do anything; only its name was looked at.
    @Test(arguments: ["Tokenizer", "StringNormalizer", "TfIdfVectorizer", "LinearClassifier", "Mul", "Normalizer"])
    func `an operator of another domain is another operator`(kind: String) throws {
        let file = try ModelWorkshop.fixture("two_labels")
        #expect(try OnnxGraph(file).nodes.contains { $0.kind == kind })
        #expect(try reason(file) == "the kernel knows it")
        let changed = try GraphDraft.changing(file) { $0 == kind ? OnnxFile.field(7, "example") : [] }
        #expect(try reason(changed) != "the kernel knows it")
        #expect(try OnnxGraph(changed).nodes.contains { $0.kind == "example.\(kind)" })
    }

    @Test func `the standard's own domain has two names`() throws {
        let file = try GraphDraft.changing(ModelWorkshop.fixture("two_labels")) {
            ["Mul", "StringNormalizer", "TfIdfVectorizer"].contains($0) ? OnnxFile.field(7, "ai.onnx") : []
        }
        #expect(try reason(file) == "the kernel knows it")
    }

    @Test func `a file that defines operators of its own is left to ONNX Runtime`() throws {
        let file = try ModelWorkshop.fixture("two_labels") + OnnxFile.field(25, OnnxFile.field(1, "Tokenizer"))
        #expect(try reason(file) == "it defines operators of its own")
    }

    @Test func `a value that two nodes give is left to ONNX Runtime`() throws {
        var second = GraphDraft()
        second.node("Identity", from: ["text"], to: ["probabilities"])
        #expect(try reason(ModelWorkshop.fixture("two_labels") + second.file).contains("the same name"))
    }
}
