import Catalog
import Foundation
import TestSupport
import Testing

@Suite struct SchemaTests {
    private typealias Members = [String: Any]

    /// The part of the manifest that each struct of the decoder reads, by the schema's name for it.
    private static let structs = [
        "Manifest": "", "Input": "input", "Outputs": "outputs", "Version": "version", "File": "file",
        "Golden": "golden", "GoldenRow": "golden_row",
    ]

    private let schema: [String: Any]

    init() throws { schema = try Self.object("docs/model.schema.json") }

    private static func object(_ name: String) throws -> Members {
        try #require(try JSONSerialization.jsonObject(with: Data(PackageFiles.text(name).utf8)) as? Members)
    }

    private func part(_ name: String) throws -> Members {
        name.isEmpty ? schema : try #require((schema["$defs"] as? Members)?[name] as? Members)
    }

    private func properties(_ name: String) throws -> Set<String> {
        Set(try #require(try part(name)["properties"] as? Members).keys)
    }

    @Test func `the schema names what the decoder reads, no more and no less, and requires what it requires`() throws {
        let fields = try decodedFields()
        #expect(Set(fields.keys) == Set(Self.structs.keys))
        for (type, name) in Self.structs {
            let found = try #require(fields[type])
            #expect(try properties(name) == Set(found.map(\.name)), "\(type)")
            let required = Set(try part(name)["required"] as? [String] ?? [])
            #expect(required == Set(found.filter { !$0.isOptional }.map(\.name)), "\(type)")
        }
    }

    @Test(arguments: ["iris", "purchase", "sentiment"])
    func `the shipped manifests have no member that the schema does not name`(model: String) throws {
        let manifest = try Self.object("models/\(model)/model.json")
        try expectKnown(manifest, "")
        for input in try #require(manifest["inputs"] as? [Members]) { try expectKnown(input, "input") }
        try expectKnown(try #require(manifest["outputs"] as? Members), "outputs")
        for version in try #require(manifest["versions"] as? [Members]) {
            try expectKnown(version, "version")
            for file in try #require(version["files"] as? [String: Members]).values { try expectKnown(file, "file") }
            let golden = try #require(version["golden"] as? Members)
            try expectKnown(golden, "golden")
            for row in try #require(golden["rows"] as? [Members]) { try expectKnown(row, "golden_row") }
        }
    }

    private func expectKnown(_ members: Members, _ part: String) throws {
        #expect(Set(members.keys).subtracting(try properties(part)).isEmpty)
    }

    /// The stored properties of the decoder's structs as the manifest names them, read from its source.
    private func decodedFields() throws -> [String: [(name: String, isOptional: Bool)]] {
        var fields: [String: [(name: String, isOptional: Bool)]] = [:]
        var current = ""
        for line in try PackageFiles.text("Sources/Catalog/Manifest.swift").split(separator: "\n") {
            if let start = line.firstMatch(of: /^ *(struct|enum) (\w+):/) {
                current = start.1 == "struct" ? String(start.2) : ""
            } else if line == "    }" {
                current = "Manifest"
            } else if let field = line.firstMatch(of: /^ +var (\w+): (.+)$/), !current.isEmpty {
                fields[current, default: []].append((Self.snake(field.1), field.2.hasSuffix("?")))
            }
        }
        return fields
    }

    private static func snake(_ name: Substring) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
