import Core
import Foundation
import Testing

@testable import Catalog

/// One change to a right manifest, and the words with which it must be refused.
struct ManifestSlip: Sendable, CustomTestStringConvertible {
    let place: String
    let json: String?
    let reason: String

    init(_ place: String, _ json: String?, _ reason: String) {
        (self.place, self.json, self.reason) = (place, json, reason)
    }

    var testDescription: String { "\(place) = \(json ?? "nothing")" }
}

@Suite struct ManifestTests {
    private func refusal(_ bytes: [UInt8], folder: String = "/m/iris") -> CatalogError? {
        #expect(throws: CatalogError.self) { try Model(manifest: bytes, folder: folder) }
    }

    @Test func `a right manifest becomes the model that it describes`() throws {
        let model = try Model(manifest: ManifestDraft().bytes, folder: "/m/iris")
        #expect(model.name == "iris")
        let interface = model.versions[0].interface
        #expect(
            interface.signature.inputs.map(\.name) == ["sepal_length", "sepal_width", "petal_length", "petal_width"])
        #expect(interface.signature.inputs[0].maximum == 20)
        #expect(interface.layout.map(\.column) == [0, 1, 2, 3])
        #expect(interface.output.labels == ["setosa", "versicolor", "virginica"])
        #expect(model.versions[0].path == "/m/iris/v1/model.onnx")
        #expect(model.versions[0].measures["macro_f1"] != nil, "members of measures keep their names")
        #expect(model.versions[0].golden?.rows.faults.isEmpty == true)
        #expect(model.timeout == .seconds(10))
    }

    @Test func `scores in place of probabilities are an output of their own`() throws {
        let draft = try ManifestDraft().with("outputs/probabilities", nil).with("outputs/scores", #""margins""#)
        let rows = ["[-1, 0, 2.5]", "[3, 0, 1]"].enumerated().map { index, scores in
            #"{"input": [5,3,1,0], "prediction": "setosa", "scores": \#(scores)}"#
        }
        let model = try Model(
            manifest: draft.with("versions/0/golden/rows", "[\(rows.joined(separator: ","))]").bytes, folder: "/m/iris")
        let interface = model.versions[0].interface
        #expect(interface.output.givesScores && interface.outputTensor == "margins")
        #expect(model.versions[0].golden?.answers == [[-1, 0, 2.5], [3, 0, 1]])
    }

    @Test func `golden rows may have the label alone, and one value of two labels stands for both`() throws {
        let outputs = #"{"labels": ["no", "yes"], "GIVES": "p"}"#
        for (gives, value, both) in [("scores", "1.5", [-1.5, 1.5]), ("probabilities", "0.75", [0.25, 0.75])] {
            let rows =
                #"[{"input": [5,3,1,0], "prediction": "yes", "\#(gives)": [\#(value)]},"#
                + #"{"input": [5,3,1,0], "prediction": "no"}]"#
            let draft = try ManifestDraft().with("outputs", outputs.replacing("GIVES", with: gives))
                .with("versions/0/golden/rows", rows)
            let golden = try Model(manifest: draft.bytes, folder: "/m/iris").versions[0].golden
            #expect(golden?.answers == [both, []] && golden?.labels == ["yes", "no"])
        }
    }

    @Test(arguments: [
        ManifestSlip("name", #""Iris""#, "`name` must be 1 to 64"),
        ManifestSlip("name", #""""#, "`name` must be 1 to 64"),
        ManifestSlip("name", #""..""#, "`name` must be 1 to 64"),
        ManifestSlip("name", #""../iris""#, "`name` must be 1 to 64"),
        ManifestSlip("name", #""_iris""#, "`name` must be 1 to 64"),
        ManifestSlip("name", #""iris\u0000""#, "`name` must be 1 to 64"),
        ManifestSlip("name", "\"\(String(repeating: "a", count: 65))\"", "`name` must be 1 to 64"),
        ManifestSlip("name", #""other""#, "`name` must be the name of its folder"),
        ManifestSlip("task", #""clustering""#, "at `/task` the value cannot be read"),
        ManifestSlip("load", #""never""#, "at `/load` the value cannot be read"),
        ManifestSlip("timeout", "0", "`timeout` must be above 0"),
        ManifestSlip("timeout", "-1", "`timeout` must be above 0"),
        ManifestSlip("timeout", "1e300", "`timeout` must be above 0 and at most 3600 seconds"),
        ManifestSlip("inputs", nil, "`inputs` is missing"),
        ManifestSlip("inputs", "{}", "at `/inputs` the value has the wrong type"),
        ManifestSlip("inputs", "[]", "`inputs` must not be empty"),
    ])
    func `a slip at the head is refused with its place`(slip: ManifestSlip) throws { try check(slip) }

    @Test(arguments: [
        ManifestSlip("inputs/0/name", nil, "at `/inputs/0` `name` is missing"),
        ManifestSlip("inputs/0/name", #""sepal_width""#, "two inputs have the same name"),
        ManifestSlip("inputs/0/name", #""""#, "an input's name must be 1 to 64 printable"),
        ManifestSlip("inputs/0/name", #""länge""#, "an input's name must be 1 to 64 printable"),
        ManifestSlip("inputs/0/name", #""a\nb""#, "an input's name must be 1 to 64 printable"),
        ManifestSlip("inputs/0/type", #""decimal""#, "at `/inputs/0/type` the value cannot be read"),
        ManifestSlip("inputs/0/column", "1", "two inputs go to the same column"),
        ManifestSlip("inputs/0/column", "-1", "`column` of input `sepal_length` is out of range"),
        ManifestSlip("inputs/0/column", "4096", "`column` of input `sepal_length` is out of range"),
        ManifestSlip("inputs/0/column", "0.5", "the value cannot be read"),
        ManifestSlip("inputs/0/min", "21", "`min` of input `sepal_length` is above its `max`"),
        ManifestSlip("inputs/0/min_length", "-1", "the lengths of input `sepal_length` are out of range"),
        ManifestSlip("inputs/0/min_length", "1001", "the lengths of input `sepal_length` are out of range"),
        ManifestSlip("inputs/0/max_length", "262145", "the lengths of input `sepal_length` are out of range"),
        ManifestSlip("inputs/0/missing", "true", "`missing` of input `sepal_length` must be"),
        ManifestSlip("inputs/0/missing", #""mean""#, "`missing` of input `sepal_length` must be"),
        ManifestSlip("inputs/0/missing", "[1]", "`missing` of input `sepal_length` must be"),
        ManifestSlip("inputs/0/missing", "1e39", "`missing` of input `sepal_length` must be"),
        ManifestSlip("inputs/0/aliases", #""one""#, "at `/inputs/0/aliases` the value has the wrong type"),
        ManifestSlip("inputs/0/aliases", #"["sepal_width"]"#, "an alias is used twice"),
        ManifestSlip("inputs/0/aliases", #"["petal.width"]"#, "an alias is used twice"),
        ManifestSlip("inputs/0/aliases", #"["a", "a"]"#, "an alias is used twice"),
    ])
    func `a slip in an input is refused with its place`(slip: ManifestSlip) throws { try check(slip) }

    @Test(arguments: [
        ManifestSlip("outputs/labels", nil, "a classification needs `labels`"),
        ManifestSlip("outputs/labels", #"["one"]"#, "a classification needs `labels`, at least two"),
        ManifestSlip("outputs/labels", #"["a","b","a"]"#, "a classification needs `labels`"),
        ManifestSlip(
            "outputs/probabilities", nil, "a classification needs exactly one of `probabilities` and `scores`"),
        ManifestSlip(
            "outputs/scores", #""margins""#, "a classification needs exactly one of `probabilities` and `scores`"),
        ManifestSlip("outputs/positive_label", #""rosa""#, "`positive_label` must be one of the labels"),
        ManifestSlip("outputs/threshold", "0.5", "`threshold` must be 0 to 1 and needs a `positive_label`"),
        ManifestSlip(
            "outputs",
            #"{"labels":["setosa","versicolor"],"probabilities":"p","positive_label":"setosa","threshold":1.01}"#,
            "`threshold` must be 0 to 1"),
        ManifestSlip(
            "outputs",
            #"{"labels":["a","b","c"],"probabilities":"p","positive_label":"a","threshold":0.5}"#,
            "`threshold` works only with two labels"),
        ManifestSlip(
            "outputs",
            #"{"labels":["setosa","versicolor"],"scores":"p","positive_label":"setosa","threshold":0.5}"#,
            "`threshold` is a probability, which `scores` are not"),
        ManifestSlip("task", #""regression""#, "a regression needs `value`"),
        ManifestSlip("task", #""vector""#, "a vector needs `values`"),
        ManifestSlip("outputs/width", #""3""#, "at `/outputs/width` the value has the wrong type"),
    ])
    func `a slip in the output is refused with its place`(slip: ManifestSlip) throws { try check(slip) }

    @Test(arguments: [
        ManifestSlip("default_version", #""v2""#, "`default_version` must be one of the versions"),
        ManifestSlip("default_version", nil, "`default_version` is missing"),
        ManifestSlip("versions", "[]", "`default_version` must be one of the versions"),
        ManifestSlip("versions/0/version", #""../v1""#, "a `version` must be a plain name"),
        ManifestSlip("versions/0/version", #""..""#, "a `version` must be a plain name"),
        ManifestSlip("versions/0/version", #""v1/..""#, "a `version` must be a plain name"),
        ManifestSlip("versions/0/version", #""""#, "a `version` must be a plain name"),
        ManifestSlip("versions/0/state", #""gone""#, "at `/versions/0/state` the value cannot be read"),
        ManifestSlip("versions/0/files", "{}", "in version `v1`: there must be one file, `model.onnx`"),
        ManifestSlip(
            "versions/0/files/other.onnx", #"{"sha256":"","bytes":1}"#, "in version `v1`: there must be one file"),
        ManifestSlip("versions/0/files/model.onnx/sha256", #""abc""#, "must be 64 hexadecimal digits"),
        ManifestSlip(
            "versions/0/files/model.onnx/sha256", "\"\(String(repeating: "g", count: 64))\"",
            "must be 64 hexadecimal digits"),
        ManifestSlip("versions/0/golden", nil, "`golden` is missing; only a model of one text"),
        ManifestSlip("versions/0/golden/rows", "[]", "`golden` must have rows and a tolerance above 0"),
        ManifestSlip("versions/0/golden/tolerance", "0", "`golden` must have rows and a tolerance above 0"),
        ManifestSlip("versions/0/golden/tolerance", "1e300", "`golden` must have rows and a tolerance above 0"),
        ManifestSlip("versions/0/golden/rows/1/input/sepal_length", "-1", "golden row 1 does not fit the inputs"),
        ManifestSlip("versions/0/golden/rows/1/input/extra", "1", "golden row 1 does not fit the inputs"),
        ManifestSlip("versions/0/golden/rows/1/input", "7", "golden row 1 does not fit the inputs"),
        ManifestSlip("versions/0/golden/rows/1/probabilities", "[0.5,0.5]", "must be one for each label"),
        ManifestSlip("versions/0/golden/rows/1/prediction", #""rosa""#, "each golden row's prediction must be one of"),
        ManifestSlip("versions/0/golden/rows/1/prediction", "1", "each golden row's prediction must be one of"),
        ManifestSlip("versions/0/trained_at", "7", "at `/versions/0/trained_at` the value has the wrong type"),
    ])
    func `a slip in a version is refused with its place`(slip: ManifestSlip) throws { try check(slip) }

    private func check(_ slip: ManifestSlip) throws {
        let error = refusal(try ManifestDraft().with(slip.place, slip.json).bytes)
        #expect(error?.message.contains(slip.reason) == true, "\(error?.message ?? "taken")")
        #expect(error?.message.hasSuffix("..") == false)
        #expect(error?.code == .modelInvalid)
    }

    @Test func `two versions of one name are refused`() throws {
        let draft = try ManifestDraft()
        let text = String(decoding: try draft.bytes, as: UTF8.self)
        let start = try #require(text.range(of: "\"versions\":["))
        let end = try #require(text.lastIndex(of: "]"))
        let version = text[start.upperBound..<end]
        let error = refusal(Array(text.replacing(version, with: "\(version),\(version)").utf8))
        #expect(error == .invalid(model: "iris", reason: "two versions have the same name"))
    }

    @Test(arguments: [
        "", "{", "null", "[]", "{}", "{\"name\":\"iris\"", "\u{FEFF}x", String(repeating: "[", count: 100_000),
        String(repeating: "{\"inputs\":", count: 50_000),
    ])
    func `broken JSON is refused and nothing else happens`(text: String) {
        #expect(refusal(Array(text.utf8))?.code == .modelInvalid)
    }

    @Test func `a manifest cut short anywhere is refused`() throws {
        let bytes = try ManifestDraft().bytes
        for count in stride(from: 0, to: bytes.count, by: 97) { _ = refusal(Array(bytes.prefix(count))) }
    }

    @Test func `a manifest with any byte changed is read or refused, and never ends the process`() throws {
        let bytes = try ManifestDraft().bytes
        for position in stride(from: 0, to: bytes.count, by: 31) {
            for byte in [UInt8(ascii: "9"), UInt8(ascii: "\""), 0xFF] {
                var damaged = bytes
                damaged[position] = byte
                do { _ = try Model(manifest: damaged, folder: "/m/iris") } catch {
                    #expect(error is any CodedError, "at \(position): \(error)")
                }
            }
        }
    }

    @Test(
        arguments: [
            (#"{"missing":"nan","type":"float"}"#, ModelInput.Missing.notANumber),
            (#"{"missing":1.5,"type":"float"}"#, .number(1.5)),
            (#"{"missing":"nan","type":"double"}"#, .notANumber),
            (#"{"missing":1e300,"type":"double"}"#, .number(1e300)),
            (#"{"missing":-3,"type":"int"}"#, .number(-3)),
            (#"{"missing":true,"type":"bool"}"#, .number(1)),
            (#"{"missing":"none","type":"string"}"#, .text("none")),
            (#"{"missing":"error","type":"string"}"#, .error),
            (#"{"type":"int"}"#, .error),
            (#"{"missing":1.5,"type":"int"}"#, nil),
            (#"{"missing":1e19,"type":"int"}"#, nil),
            (#"{"missing":"nan","type":"int"}"#, nil),
            (#"{"missing":1,"type":"bool"}"#, nil),
            (#"{"missing":1,"type":"string"}"#, nil),
        ] as [(String, ModelInput.Missing?)])
    func `what a missing value means must be of its type`(members: String, expected: ModelInput.Missing?) throws {
        let check = ManifestCheck(model: "m")
        let json = #"{"name":"x","tensor":"t","column":0,"# + members.dropFirst()
        let input = try JSONDecoder().decode(Manifest.Input.self, from: Data(json.utf8))
        if let expected {
            #expect(try check.input(input).missing == expected)
        } else {
            #expect(throws: CatalogError.self) { try check.input(input) }
        }
    }
}
