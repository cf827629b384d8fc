import Catalog
import Core
import Digest
import Foundation
import Testing

@Suite struct NewTextModelTests {
    private let folder = ModelFolder()

    private func write(
        _ name: String = "spam", labels: [String] = ["ham", "spam"], positiveLabel: String? = "spam"
    ) throws {
        try NewTextModel(
            name: name, input: "texts", output: "chances", labels: labels, positiveLabel: positiveLabel,
            file: Array("a model".utf8)
        ).write(into: folder.path)
    }

    @Test func `a new text model is read back as it was written`() throws {
        try write()
        let catalog = try Catalog(folder: folder.path)
        #expect(catalog.broken.isEmpty)
        let model = try #require(catalog.model("spam"))
        let interface = model.versions[0].interface
        #expect(interface.signature.isText && interface.signature.inputs[0].minimumLength == 1)
        #expect(interface.layout.map(\.tensor) == ["texts"] && interface.outputTensor == "chances")
        #expect(interface.output.labels == ["ham", "spam"] && interface.output.positiveLabel == "spam")
        #expect(model.defaultVersion == "v1" && model.versions.count == 1)
        #expect(model.versions[0].golden == nil && model.versions[0].state == .active)
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: model.versions[0].path)))
        #expect(file == Array("a model".utf8) && model.versions[0].fileDigest == SHA256.hex(of: file))
    }

    @Test func `a new text model without labels is a regression`() throws {
        try write(labels: [], positiveLabel: nil)
        #expect(
            try Catalog(folder: folder.path).model("spam")?.versions[0].interface.output.kind == .regression)
    }

    @Test func `a new text model that breaks a rule is refused before anything is written`() throws {
        #expect(throws: CatalogError.self) { try write("../spam") }
        #expect(throws: CatalogError.self) { try write(labels: ["ham"]) }
        #expect(throws: CatalogError.self) { try write(positiveLabel: "neither") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
