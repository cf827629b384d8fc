package import Core
internal import Foundation

/// The versions of models that tasks were accepted for.
package enum ModelTable {
    /// Finds the key of a model version, and records the version when it is new.
    package static func key(of identity: ModelIdentity, output: ModelOutput, in connection: Connection) throws -> Int64
    {
        if let key = try find(identity, in: connection) { return key }
        let text = String(decoding: try JSONEncoder().encode(output), as: UTF8.self)
        try connection.run(
            "INSERT INTO model (name, version, digest, output) VALUES (?, ?, ?, ?)",
            .text(identity.model), .text(identity.version), .text(identity.digest), .text(text))
        return connection.lastInsertedRow
    }

    /// Finds the key of a model version; nil when no task was ever accepted for it.
    package static func find(_ identity: ModelIdentity, in connection: Connection) throws -> Int64? {
        try connection.first(
            "SELECT key FROM model WHERE name = ? AND version = ? AND digest = ?",
            .text(identity.model), .text(identity.version), .text(identity.digest)
        ) { $0.integer(0) }
    }

    /// Reads a stored output description.
    static func output(from text: String) throws -> ModelOutput {
        try JSONDecoder().decode(ModelOutput.self, from: Data(text.utf8))
    }
}
