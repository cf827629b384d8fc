import Core
import Testing

@testable import Catalog

@Suite struct ResolveTests {
    /// iris v1 and v2 (v2 by default), sentiment v1, and sentiment_v2 v1, whose name looks like a joined one.
    private let catalog: Catalog

    init() throws {
        let iris = try Model(manifest: ManifestDraft().bytes, folder: "/m/iris")
        func model(_ name: String, _ versions: [String], _ fallback: String) -> Model {
            Model(
                name: name, description: nil,
                versions: versions.map { version in
                    ModelVersion(
                        name: version, state: .active, interface: iris.versions[0].interface, path: "",
                        fileDigest: "", digest: "", bytes: 0, measures: [:], trainedAt: nil, data: nil,
                        golden: iris.versions[0].golden)
                }, defaultVersion: fallback, timeout: .seconds(1), example: nil)
        }
        catalog = Catalog(models: [
            model("sentiment_v2", ["v1"], "v1"), model("sentiment", ["v1", "v3"], "v1"),
            model("iris", ["v1", "v2"], "v2"),
        ])
    }

    @Test(
        arguments: [
            ("iris", nil, "iris", "v2"),
            ("iris", "v1", "iris", "v1"),
            ("iris_v1", nil, "iris", "v1"),
            ("iris_v1", "v1", "iris", "v1"),
            ("iris_v1", "iris_v1", "iris", "v1"),
            ("iris", "iris_v1", "iris", "v1"),
            (nil, "iris_v1", "iris", "v1"),
            (nil, "sentiment_v3", "sentiment", "v3"),
            ("sentiment_v3", nil, "sentiment", "v3"),
            ("sentiment_v2", nil, "sentiment_v2", "v1"),
            ("sentiment_v2", "v1", "sentiment_v2", "v1"),
            ("sentiment_v2_v1", nil, "sentiment_v2", "v1"),
            (nil, "sentiment_v2_v1", "sentiment_v2", "v1"),
        ] as [(String?, String?, String, String)])
    func `a model and a version are found`(model: String?, version: String?, name: String, found: String) throws {
        let resolved = try catalog.resolve(model: model, version: version)
        #expect(resolved.identity.model == name)
        #expect(resolved.identity.version == found)
    }

    @Test(arguments: [("iris_v1", "v2"), ("iris_v1", "iris_v2"), ("sentiment_v3", "v1")])
    func `a joined name and another version contradict each other`(model: String, version: String) {
        #expect(throws: CatalogError.contradictoryVersions) { try catalog.resolve(model: model, version: version) }
    }

    @Test(arguments: ["", "Iris", "iris_", "iris_v9", "iris_V1", "rose", "iris v1", "../iris", "iris_\u{301}"])
    func `a model that is not there is refused with those that are`(model: String) {
        let known = ["iris", "sentiment", "sentiment_v2"]
        #expect(throws: CatalogError.unknownModel(known: known)) { try catalog.resolve(model: model, version: nil) }
    }

    /// It was "There is no such model", to people who saw its folder.
    @Test func `a model whose manifest is broken is told apart from one that is not there`() throws {
        let catalog = Catalog(models: catalog.models, broken: ["rose": .invalid(model: "rose", reason: "at `/`")])
        let error = #expect(throws: CatalogError.broken(model: "rose")) {
            try catalog.resolve(model: "rose", version: nil)
        }
        #expect(error?.code == .modelUnavailable)
    }

    @Test(arguments: [("iris", "v9"), ("iris", ""), ("iris", "iris_v9"), ("iris", "sentiment_v1"), ("iris", "V1")])
    func `a version that is not there is refused with those that are`(model: String, version: String) {
        #expect(throws: CatalogError.unknownVersion(model: "iris", known: ["v1", "v2"])) {
            try catalog.resolve(model: model, version: version)
        }
    }

    @Test(arguments: [nil, "v1", "", "iris", "rose_v1"] as [String?])
    func `a version that names no model needs one`(version: String?) {
        let known = ["iris", "sentiment", "sentiment_v2"]
        #expect(throws: CatalogError.modelRequired(known: known)) { try catalog.resolve(model: nil, version: version) }
    }

    @Test func `a message lists twenty names at most`() {
        let names = (0..<50).map { "model-\($0)" }
        #expect(CatalogError.unknownModel(known: names).message.contains("`model-19`."))
        #expect(CatalogError.unknownModel(known: []).message == "There is no such model; known are none.")
    }
}
