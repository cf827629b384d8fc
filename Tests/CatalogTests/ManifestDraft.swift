import Foundation
import TestSupport

/// A manifest that is right, and copies of it that are changed in one place.
struct ManifestDraft {
    private var root: Any

    /// The shipped manifest of a model.
    init(shipped model: String = "iris") throws {
        root = try JSONSerialization.jsonObject(with: Data(PackageFiles.text("models/\(model)/model.json").utf8))
    }

    /// The draft with another value at a place; nil takes the member away.
    ///
    /// - Parameters:
    ///   - place: names and indices with slashes between them, such as `inputs/0/min`.
    ///   - json: the value as JSON.
    func with(_ place: String, _ json: String?) throws -> ManifestDraft {
        let value = try json.map { try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed) }
        var draft = self
        draft.root = Self.replace(root, place.split(separator: "/").map(String.init)[...], value)!
        return draft
    }

    var bytes: [UInt8] {
        get throws { Array(try JSONSerialization.data(withJSONObject: root, options: .sortedKeys)) }
    }

    private static func replace(_ node: Any, _ place: ArraySlice<String>, _ value: Any?) -> Any? {
        guard let step = place.first else { return value }
        if var members = node as? [String: Any] {
            members[step] = replace(members[step] ?? [String: Any](), place.dropFirst(), value)
            return members
        }
        guard var elements = node as? [Any], let index = Int(step) else { preconditionFailure("no place \(place)") }
        elements[index] = replace(elements[index], place.dropFirst(), value)!
        return elements
    }
}

/// A folder of models made for a test.
struct ModelFolder {
    private let folder = TemporaryFolder()

    var path: String { folder.path }

    func write(_ bytes: some Sequence<UInt8>, as model: String) throws {
        try FileManager.default.createDirectory(
            atPath: path + "/" + model, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/\(model)/model.json"))
    }
}
