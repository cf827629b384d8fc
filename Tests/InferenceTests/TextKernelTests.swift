import Catalog
import Core
import Foundation
import TestSupport
import Testing

@testable import Inference

/// The fused kernel: what it answers, and what it leaves to ONNX Runtime.
@Suite struct TextKernelTests {
    private static let path = PackageFiles.path("models/sentiment/v1/model.onnx")

    /// Made once: without optimization that takes half a second.
    private static let sharedKernel = Result {
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        return try TextKernel(TextGraph(OnnxGraph(file), input: "text", output: "probabilities"), file: file)
    }

    private static func kernel() throws -> TextKernel { try sharedKernel.get() }

    private func answer(_ text: String, _ kernel: TextKernel, _ scratch: TextScratch) -> [Float] {
        // A buffer of the text's exact size: a read beyond it is seen by the sanitizer.
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: text.utf8.count, alignment: 1)
        defer { bytes.deallocate() }
        bytes.copyBytes(from: text.utf8)
        var answer = [Float](repeating: 0, count: kernel.width)
        kernel.evaluate(UnsafeRawBufferPointer(bytes), with: scratch, into: &answer)
        return answer
    }

    @Test func `shipped text models run on the fused kernel`() throws {
        let loaded = LoadedModels(
            try Catalog(folder: PackageFiles.path("models")), libraryPath: ModelWorkshop.libraryPath)
        let texts = loaded.ready.filter { $0.identity.model == "sentiment" }
        #expect(texts.map(\.engine) == [.fused])
        #expect(loaded.ready.filter { $0.engine.fallbackReason != nil }.isEmpty)
    }

    /// What scikit-learn answers where libraries part company: every category of characters, case beyond ASCII, words of one
    /// letter, long texts.
    @Test func `adversarial texts get scikit-learn's answers`() throws {
        let kernel = try Self.kernel()
        let scratch = kernel.makeScratch()
        var count = 0
        for line in try PackageFiles.text("Tests/Fixtures/sentiment_adversarial.ndjson").split(separator: "\n") {
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let text = try #require(row["text"] as? String)
            let expected = try #require(row["probabilities"] as? [Double])
            let found = answer(text, kernel, scratch)
            let off = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 1
            #expect(off <= 1e-6, "\(text.debugDescription) is off by \(off)")
            count += 1
        }
        #expect(count > 2_000)
    }

    @Test func `a text's answer does not depend on the texts before it`() throws {
        let kernel = try Self.kernel()
        let (used, texts) = (
            kernel.makeScratch(), ["love", "", "Ünïcödé love", String(repeating: "hate ", count: 5_000), "x"]
        )
        for text in texts + texts.reversed() {
            #expect(answer(text, kernel, used) == answer(text, kernel, kernel.makeScratch()))
        }
    }

    @Test(arguments: 0...200)
    func `words are found wherever eight bytes end`(padding: Int) throws {
        let kernel = try Self.kernel()
        let scratch = kernel.makeScratch()
        let plain = answer("not bad, terrible", kernel, scratch)
        #expect(answer(String(repeating: " ", count: padding) + "not bad, terrible", kernel, scratch) == plain)
        #expect(answer("Not BAD, terrible" + String(repeating: "!", count: padding), kernel, scratch) == plain)
        #expect(answer("NOT bad,\(String(repeating: "-", count: padding)) terrible", kernel, scratch) == plain)
    }

    /// One small model of each kind that the converter writes, and what scikit-learn answers.
    @Test(arguments: [
        "two_labels", "three_labels", "one_against_rest", "words_alone", "pairs_alone", "no_idf", "no_norm", "norm_l1",
        "sublinear", "capitals", "counts", "regression", "few_features",
    ])
    func `a model of each kind gives scikit-learn's answers`(name: String) throws {
        let path = PackageFiles.path("Tests/Fixtures/text/\(name).onnx")
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        let output = name == "regression" ? "variable" : "probabilities"
        var graph = try TextGraph(OnnxGraph(file), input: "text", output: output)
        if name == "sublinear" {
            #expect(graph.frequency == .logOfNext)
            graph.frequency = .sublinear
        }
        let kernel = try TextKernel(graph, file: file)
        let scratch = kernel.makeScratch()
        for line in try PackageFiles.text("Tests/Fixtures/text/\(name).ndjson").split(separator: "\n") {
            let row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let text = try #require(row["text"] as? String)
            let expected = try #require(row["values"] as? [Double])
            let found = answer(text, kernel, scratch)
            #expect(found.count == expected.count)
            for (one, other) in zip(found, expected) {
                #expect(abs(Double(one) - other) <= 1e-5 * max(1, abs(other)), "\(text.debugDescription)")
            }
        }
    }

    /// A final sigma, a letter that becomes two, and what Python's Unicode does not know yet.
    @Test(arguments: [
        ("ΛΟΓΟΣ", "λογος"), ("ΣΑΣ ΣΑ", "σας σα"), ("Σ", "σ"), ("ΑΣ.Β", "ασ.β"), ("ΑΣ. Β", "ας. β"), ("ΑΣ'Β", "ασ'β"),
        ("İX", "i\u{307}x"),
        ("ǅ Ⱥ K", "ǆ ⱥ k"), ("ÀÉ ẞ", "àé ß"), ("\u{10400}", "\u{10428}"),
    ])
    func `letters become small as Python makes them`(text: String, small: String) {
        let scratch = TextScratch(features: 1, width: 1)
        var bytes = Array(text.utf8)
        let letters = TextLetters(lowercases: true, characters: .all)
        let end = bytes.withUnsafeMutableBytes { letters.read(UnsafeRawBufferPointer($0), into: scratch) }
        let found = UnsafeRawBufferPointer(start: scratch.letters, count: end)
        #expect(String(decoding: found, as: UTF8.self).unicodeScalars.elementsEqual(small.unicodeScalars))
    }

    // MARK: Files

    /// Any byte of the file may be wrong: it is read to its end, or refused, and never beyond.
    @Test func `a broken file is refused or read, and nothing else`() throws {
        var file = Array(try Data(contentsOf: URL(fileURLWithPath: Self.path)))
        var generator = SeededGenerator(seed: 5)
        var refused = 0
        for _ in 0..<(ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1" ? 500 : 4) {
            let (place, old) = (
                Int.random(in: 0..<file.count, using: &generator), UInt8.random(in: 1...255, using: &generator)
            )
            file[place] ^= old
            defer { file[place] ^= old }
            do {
                let kernel = try TextKernel(
                    TextGraph(OnnxGraph(file), input: "text", output: "probabilities"), file: file)
                _ = answer("I love this product, not bad", kernel, kernel.makeScratch())
            } catch is ProtobufReader.Malformed { refused += 1 } catch is TextGraph.Unsuited { refused += 1 }
        }
        for length in stride(from: 0, to: file.count * 9 / 10, by: file.count / 3) {
            #expect(throws: (any Error).self) {
                let part = Array(file[..<length])
                _ = try TextKernel(TextGraph(OnnxGraph(part), input: "text", output: "probabilities"), file: part)
            }
        }
        #expect(refused > 0)
    }

    @Test func `a graph that the kernel does not know is left to ONNX Runtime, with the reason`() throws {
        let file = OnnxFile(operation: "Relu").bytes
        #expect {
            _ = try TextGraph(OnnxGraph(file), input: "x", output: "y")
        } throws: { ($0 as? TextGraph.Unsuited)?.reason == "it does not end in a linear model" }
    }
}
