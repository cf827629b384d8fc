import Catalog
import Core
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct CatalogTests {
    private let folder = ModelFolder()

    @Test func `the shipped models are all whole`() throws {
        let catalog = try Catalog(folder: PackageFiles.path("models"))
        #expect(catalog.broken.isEmpty)
        #expect(catalog.models.map(\.name) == ["iris", "purchase", "sentiment"])
        for model in catalog.models {
            for version in model.versions {
                let size = try FileManager.default.attributesOfItem(atPath: version.path)[.size] as? Int
                #expect(version.bytes == size, "\(model.name) \(version.name)")
            }
        }
    }

    /// One hostile folder must not keep the others' callers waiting.
    @Test(.timeLimit(.minutes(1))) func `broken models take no other along`() throws {
        try folder.write(ManifestDraft().bytes, as: "iris")
        try folder.write("{".utf8, as: "cut")
        try folder.write(ManifestDraft().bytes, as: "renamed")
        try folder.write(repeatElement(UInt8(ascii: " "), count: (4 << 20) + 1), as: "huge")
        try folder.write(ManifestDraft().with("name", #""../iris""#).bytes, as: "climber")
        for name in ["pipe", "nested/model.json", "link"] {
            try FileManager.default.createDirectory(
                atPath: folder.path + "/" + name, withIntermediateDirectories: true)
        }
        #expect(mkfifo(folder.path + "/pipe/model.json", 0o600) == 0)
        #expect(symlink("/dev/zero", folder.path + "/link/model.json") == 0)
        let catalog = try Catalog(folder: folder.path)
        #expect(catalog.models.map(\.name) == ["iris"])
        #expect(catalog.broken.keys.sorted() == ["climber", "cut", "huge", "link", "nested", "pipe", "renamed"])
        for (name, error) in catalog.broken {
            #expect(error.message.contains("`\(name)`"))
            #expect(!error.message.contains(folder.path) && !error.message.hasSuffix(".."))
            #expect(error.code == .modelInvalid)
        }
    }

    @Test func `what is no model is passed over`() throws {
        try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: folder.path + "/README.md"))
        let catalog = try Catalog(folder: folder.path)
        #expect(catalog.models.isEmpty)
        #expect(catalog.broken.isEmpty)
    }

    @Test func `a folder that cannot be read is refused with the remedy`() {
        let error = #expect(throws: CatalogError.folderUnreadable) { try Catalog(folder: folder.path + "/none") }
        #expect(error?.message.contains("--models") == true)
    }
}
