import Core
import Foundation
import Testing

@testable import Catalog

/// What a version is, down to what its answers hang on.
@Suite struct VersionTests {
    private func version(_ draft: ManifestDraft, _ index: Int = 0) throws -> ModelVersion {
        try Model(manifest: draft.bytes, folder: "/m/purchase").versions[index]
    }

    @Test(
        arguments: [
            ("outputs/threshold", "0.7"), ("outputs/labels", #"["yes", "no"]"#), ("inputs/0/tensor", #""other""#),
            ("inputs/0/type", #""double""#), ("inputs/0/missing", "7"), ("inputs/0/name", #""renamed""#),
            ("outputs/probabilities", #""other""#),
            ("versions/0/files/model.onnx/sha256", "\"\(String(repeating: "a", count: 64))\""),
        ])
    func `whatever changes an answer makes it another version`(place: String, value: String) throws {
        let draft = try ManifestDraft(shipped: "purchase").with("versions/0/golden/rows", Self.golden)
            .with("inputs", Self.inputs)
        #expect(try version(draft).digest != version(try draft.with(place, value)).digest)
        #expect(try version(draft).digest.utf8.count == 64)
    }

    @Test(
        arguments: [
            ("inputs/0/aliases", #"["other"]"#), ("inputs/0/description", #""other""#), ("inputs/0/max", "1e6"),
            ("inputs/0/missing_tokens", #"["?"]"#), ("description", #""other""#), ("example", "{}"),
            ("timeout", "20"), ("versions/0/measures", #"{"accuracy": 1}"#), ("versions/0/state", #""staging""#),
            ("versions/0/golden/tolerance", "0.5"),
        ])
    func `what is for people, or bounds what callers send, does not`(place: String, value: String) throws {
        let draft = try ManifestDraft(shipped: "purchase").with("versions/0/golden/rows", Self.golden)
            .with("inputs", Self.inputs)
        #expect(try version(draft).digest == version(try draft.with(place, value)).digest)
    }

    private static let inputs = #"[{"name": "spend", "type": "float", "tensor": "x", "column": 0, "missing": 1}]"#
    private static let golden = #"[{"input": {}, "prediction": "no", "probabilities": [0.5, 0.5]}]"#

    @Test func `a version may have inputs and outputs of its own, and the model's hold for the others`() throws {
        let draft = try ManifestDraft(shipped: "purchase").with("versions/0/golden/rows", Self.golden)
            .with("inputs", Self.inputs)
        let text = String(decoding: try draft.bytes, as: UTF8.self)
        let start = try #require(text.range(of: "\"versions\":["))
        let end = try #require(text.lastIndex(of: "]"))
        let own = text[start.upperBound..<end]
        let second =
            own.replacing(#""version":"v1""#, with: #""version":"v2""#).dropLast() + """
                , "inputs": [{"name": "spend", "type": "double", "tensor": "x", "column": 0, "missing": 1},
                    {"name": "age", "type": "float", "tensor": "x", "column": 1, "missing": "nan"}],
                "outputs": {"labels": ["no", "yes"], "probabilities": "p", "positive_label": "yes", "threshold": 0.25}}
                """
        let model = try Model(
            manifest: Array(text.replacing(own, with: own + "," + second).utf8), folder: "/m/purchase")
        let catalog = Catalog(models: [model])
        let first = try catalog.resolve(model: "purchase", version: "v1")
        let other = try catalog.resolve(model: "purchase_v2", version: nil)
        #expect(
            first.signature.inputs.map(\.name) == ["spend"] && other.signature.inputs.map(\.name) == ["spend", "age"])
        #expect(other.signature.inputs[0].kind == .double && other.output.threshold == 0.25)
        #expect(first.output.threshold != 0.25 && first.identity.digest != other.identity.digest)
        #expect(other.output.inputs?.map(\.name) == ["spend", "age"])
    }

    @Test func `a fault in a version's own inputs names the version`() throws {
        let draft = try ManifestDraft(shipped: "purchase").with("versions/0/inputs", "[]")
        let error = #expect(throws: CatalogError.self) { try version(draft) }
        #expect(error?.message.contains("in version `v1`: `inputs` must not be empty") == true)
    }

    @Test func `4,096 inputs are a model, and one more is refused`() throws {
        func draft(_ count: Int) throws -> ManifestDraft {
            let inputs = (0..<count).map {
                #"{"name": "x\#($0)", "type": "float", "tensor": "x", "column": \#($0), "missing": 0}"#
            }
            return try ManifestDraft(shipped: "purchase").with("versions/0/golden/rows", Self.golden)
                .with("inputs", "[\(inputs.joined(separator: ","))]")
        }
        #expect(try version(draft(4_096)).interface.signature.inputs.count == 4_096)
        let error = #expect(throws: CatalogError.self) { try version(draft(4_097)) }
        #expect(error?.message.contains("`inputs` has 4097 entries and at most 4096 fit") == true)
    }

    @Test func `a refused version is found and not used, and the others are`() throws {
        let model = try Model(manifest: ManifestDraft().bytes, folder: "/m/iris")
        var catalog = Catalog(models: [model])
        let found = try catalog.resolve(model: "iris", version: nil)
        let reason = CatalogError.versionTaken(
            model: "iris", version: "v1", stored: String(repeating: "a", count: 64), found: found.identity.digest)
        catalog.refuse(found, because: reason)
        #expect(throws: reason) { try catalog.resolve(model: "iris", version: nil) }
        #expect(throws: reason) { try catalog.resolve(model: nil, version: "iris_v1") }
        #expect(try catalog.find(model: "iris", version: nil).identity == found.identity)
        #expect(
            reason.message.contains("stored aaaaaaaaaaaa") && reason.message.contains(found.identity.digest.prefix(12)))
        #expect(reason.code == .modelVersionTaken)
    }
}
