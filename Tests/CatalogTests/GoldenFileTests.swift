import Core
import Testing

@testable import Catalog

/// Files of rows with the answers of the library that trained a model.
@Suite struct GoldenFileTests {
    private static let signature = Signature(inputs: [ModelInput(name: "text", kind: .string, minimumLength: 1)])
    private static let labels = ModelOutput(kind: .classification, labels: ["bad", "good"])

    private func read(_ text: String, _ output: ModelOutput = labels) throws -> GoldenRows {
        try GoldenFile(Array(text.utf8), signature: Self.signature, output: output).rows
    }

    @Test(arguments: [
        "text,prediction,bad,good\nfine,good,0.25,0.75\n\"so, so\",bad,,\n",
        "prediction;good;bad;text;other\r\ngood;0,75;0,25;fine;1\r\nbad;;;so, so;2\r\n",
        #"{"text":"fine","prediction":"good","bad":0.25,"good":0.75}"# + "\n"
            + #"{"text":"so, so","prediction":"bad","confidence":0.5}"# + "\n\n",
        #"[{"input":{"text":"fine"},"probabilities":{"good":0.75,"bad":0.25}},{"text":"so, so","prediction":"bad"}]"#,
        #" [{"text":"fine","probabilities":[0.25,0.75]},{"text":"so, so","prediction":"bad","good":null}]"#,
        "\u{FEFF}[{\"text\":\"fine\",\"probabilities\":[0.25,0.75]},{\"text\":\"so, so\",\"prediction\":\"bad\"}]",
    ])
    func `tables, lines and arrays are read alike`(text: String) throws {
        let golden = try read(text)
        #expect(golden.rows == Rows(count: 2, columns: [.text(TextColumn(["fine", "so, so"]))]))
        #expect(golden.labels == ["good", "bad"] && golden.answers == [[0.25, 0.75], []])
        #expect(golden.tolerance == 0.001)
    }

    @Test func `labels that libraries write as numbers or truth are found`() throws {
        let output = ModelOutput(kind: .classification, labels: ["0", "1"])
        #expect(try read("text,prediction\na,1\nb,0.0\nc,True\n", output).labels == ["1", "0", "1"])
        let lines = #"[{"text":"a","prediction":1},{"text":"b","prediction":0.0},{"text":"c","prediction":true}]"#
        #expect(try read(lines, output).labels == ["1", "0", "1"])
    }

    @Test func `numbers of a regression, and scores, may be off in proportion to their size`() throws {
        let golden = try read("text,prediction\na,-2000\nb,3\n", ModelOutput(kind: .regression))
        #expect(golden.answers == [[-2_000], [3]] && golden.labels.isEmpty && golden.tolerance == 2)
        let scores = ModelOutput(kind: .classification, labels: ["bad", "good"], givesScores: true)
        #expect(try read("text,bad,good\na,-4,4\n", scores).labels == ["good"])
    }

    @Test(arguments: [
        ("", "header"), ("text,prediction\n", "it has no rows"), ("[]", "it has no rows"),
        ("prediction\ngood\n", "The header lacks `text`"), ("text,prediction\na,\n", "row 0 has no answer"),
        ("text\na\n", "row 0 has no answer"),
        ("text,prediction\na,good\nb,secret\n", "row 1: its prediction is none of the labels (`bad`, `good`)"),
        ("text,prediction\na,good\n\" \",bad\n", "row 1, line 3: The input `text` is blank"),
        ("text,prediction\na,good\n\"\",bad\n", "leave the row out"),
        ("text,bad,good\na,0.5,\n", "row 0 has a value for some labels only"),
        ("text,bad,good\na,secret,0.5\n", "row 0, line 2: The input `bad` must be a number"),
        ("{\"text\":\"a\",\"prediction\":\"good\"}\n{\"text\":\"secret\"\n", "row 1 is not JSON"),
        ("[{\"text\":\"a\",\"good\":NaN}]", "write null for NaN"), ("[7]", "row 0: "), ("{}", "row 0: "),
    ])
    func `a file that cannot be used is refused by its row, without its content`(text: String, words: String) throws {
        let error = #expect(throws: GoldenFile.Refused.self) { try read(text) }
        let message = try #require(error?.message)
        #expect(message.contains(words) && !message.contains("secret") && !message.hasSuffix(".."), "\(message)")
    }

    @Test func `a file of too many rows is refused`() throws {
        let lines = String(repeating: "a,good\n", count: Limits.goldenFileRows + 1)
        #expect(throws: GoldenFile.Refused.self) { try read("text,prediction\n" + lines) }
        #expect(try read("text,prediction\n" + lines.dropLast(7)).rows.count == Limits.goldenFileRows)
    }

    @Test func `rows are kept while they fit, the important ones first, and too large ones are passed over`() throws {
        let long = String(repeating: "x", count: 900)
        let golden = try read("text,prediction\n\(long),good\n\(long),bad\na,good\n\(long)y,bad\n")
        let kept = { (bytes: Int) in
            try golden.kept(of: [3, 0, 1, 2], upTo: bytes, signature: Self.signature, output: Self.labels)
        }
        #expect(try kept(1 << 20)?.rows.count == 4)
        #expect(try kept(1_300)?.rows == golden.selecting([2, 3]).rows)
        #expect(try kept(10)?.rows == nil)
    }

    @Test func `golden rows that a manifest keeps are read back equal`() throws {
        for output in [
            Self.labels, ModelOutput(kind: .regression),
            ModelOutput(kind: .classification, labels: ["bad", "good"], givesScores: true),
        ] {
            let text = output.kind == .regression ? "text,prediction\na,0.1\nb,3\n" : "text,bad,good\na,0.3,0.7\nb,,\n"
            let golden = try read(output.kind == .regression ? text : text.replacing("b,,", with: "b,0.9,0.1"), output)
            let labels = output.labels
            var model = NewTextModel(
                name: "kept", input: "t", output: "p", labels: labels, givesScores: output.givesScores,
                positiveLabel: nil, file: [1])
            model.golden = golden
            let folder = ModelFolder()
            try model.write(into: folder.path)
            let kept = try #require(try Catalog(folder: folder.path).model("kept")?.versions[0].golden)
            #expect(kept.rows == golden.rows && kept.answers == golden.answers && kept.labels == golden.labels)
            #expect(kept.tolerance == golden.tolerance)
        }
    }
}
