import Catalog
import Core
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct LoadingTests {
    private let workshop = ModelWorkshop()

    /// A model with a flipped byte mostly loads and answers: only the digest tells.
    @Test(arguments: [0, 100, 334, 669])
    func `one flipped byte of a model's file is refused by its digest`(position: Int) throws {
        try workshop.copy("iris", file: { $0[position] ^= 1 })
        #expect(throws: InferenceError.digestMismatch(model: "iris v1")) { try workshop.load("iris") }
    }

    @Test func `a file that is no model is refused by its digest before the library sees it`() throws {
        try workshop.copy("iris", file: { $0 = Array("not a model".utf8) })
        #expect(throws: InferenceError.digestMismatch(model: "iris v1")) { try workshop.load("iris") }
    }

    @Test func `a file that is no model though its digest is right is refused by the library, in words`() throws {
        var file = OnnxFile(operation: "NoSuchOperation")
        try workshop.make(file, golden: [(["1"], [1])])
        let error = #expect(throws: InferenceError.self) { try workshop.load("made") }
        #expect(error?.code == .predictionFailed)
        file.operation = "Identity"
        try workshop.make(file, golden: [(["1"], [1])])
        _ = try workshop.load("made")
    }

    @Test func `a wrong golden answer fails the model's own test and names the row`() throws {
        let right = "0.03130144905268693, 0.6627877338513666, 0.3059108170959464"
        let wrong = "0.03130144905268693, 0.6617877338513666, 0.3069108170959464"
        try workshop.copy("iris", manifest: { $0.replacing(right, with: wrong) })
        let error = #expect(throws: InferenceError.self) { try workshop.load("iris") }
        #expect(error?.code == .selfTestFailed)
        #expect(
            error?.message.hasPrefix(
                "The model `iris v1` fails its own test at golden row 7: the value of `versicolor` is 0.66278")
                == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(", and 0.66178775 was expected (off by 0.00") == true)
    }

    @Test func `a wrong golden label fails the model's own test and names the row`() throws {
        try workshop.copy("iris") { text in
            let first = text.ranges(of: "\"prediction\": \"setosa\",\n")[2]
            return text.replacingCharacters(in: first, with: "\"prediction\": \"virginica\",\n")
        }
        let reason = "the label is `setosa`, and `virginica` was expected"
        #expect(throws: InferenceError.selfTest(model: "iris v1", row: 2, reason: reason)) {
            try workshop.load("iris")
        }
    }

    @Test func `a golden answer that is no number fails the model's own test`() throws {
        try workshop.make(OnnxFile(operation: "Sqrt"), golden: [(["4"], [2]), (["-1"], [0])])
        let error = #expect(throws: InferenceError.self) { try workshop.load("made") }
        #expect(error?.message.contains("golden row 1") == true)
        #expect(error?.message.hasSuffix("..") == false)
    }

    @Test func `a manifest that does not suit the model's tensors is refused with the reason`() throws {
        let two = [#""type": "float""#, #""type": "float""#]
        let identity = OnnxFile(operation: "Identity")
        try workshop.make(identity, inputs: two, width: 2, golden: [(["1", "2"], [1, 2])])
        expectMismatch("`x` is not rows × 2")
        try workshop.make(identity, golden: [(["1"], [1])], output: "z")
        expectMismatch("it has no output `z`")
        try workshop.make(identity, inputs: [#""type": "string""#], golden: [([#""a""#], [1])])
        expectMismatch("`x` is of float, which its inputs are not")
        try workshop.copy("iris", manifest: { $0.replacing("\"tensor\": \"inputs\"", with: "\"tensor\": \"other\"") })
        expectMismatch("it has no input `other`", of: "iris")
        try workshop.copy("iris", manifest: { $0.replacing("\"column\": 3", with: "\"column\": 4") })
        expectMismatch("the columns of `inputs` have gaps", of: "iris")
    }

    /// A float of 1e30 fits no integer, and ended the worker with all its chunks.
    @Test func `a float input does not go into a tensor of whole numbers`() throws {
        let file = OnnxFile(operation: "Cast", attributes: [.integer("to", 1)], from: .int64)
        try workshop.make(file, golden: [(["1"], [1])])
        expectMismatch("`x` is of int64, which its inputs are not")
    }

    private func expectMismatch(_ reason: String, of model: String = "made") {
        let error = #expect(throws: InferenceError.self) { try workshop.load(model) }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "loaded")")
    }

    @Test func `a model that cannot be loaded takes no other along`() throws {
        try workshop.copy("sentiment")
        try workshop.copy("iris", file: { $0[0] ^= 1 })
        try workshop.make(OnnxFile(operation: "Sqrt"), golden: [(["4"], [3])])
        try workshop.make(OnnxFile(operation: "Sqrt"), golden: [], as: "empty")
        let loaded = LoadedModels(
            try Catalog(folder: workshop.folder.path), libraryPath: ModelWorkshop.libraryPath)
        #expect(loaded.ready.map(\.identity.model) == ["sentiment"])
        #expect(loaded.broken.map(\.identity.model) == ["iris", "made", "empty"])
        #expect(loaded.broken.map(\.code) == [.modelDigestMismatch, .selfTestFailed, .modelInvalid])
        #expect(loaded.broken.allSatisfy { !$0.message.contains(workshop.folder.path) })
    }

    @Test(arguments: ["/nowhere/libonnxruntime.so", "/etc/passwd", ""])
    func `a library that is missing, or none, is told with the remedy`(path: String) throws {
        let error = #expect(throws: InferenceError.libraryMissing(tried: [path])) { try OnnxRuntime(path: path) }
        #expect(error?.code == .runtimeLibraryMissing)
        #expect(error?.message.contains("run scripts/setup") == true)
        #expect(error?.message.contains("SIBYL_ONNXRUNTIME") == true)
        try workshop.copy("iris")
        let loaded = LoadedModels(try Catalog(folder: workshop.folder.path), libraryPath: path)
        #expect(loaded.ready.isEmpty)
        #expect(loaded.broken.map(\.code) == [.runtimeLibraryMissing])
    }
}
