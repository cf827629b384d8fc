package import Core
internal import Foundation

/// The versions of models that tasks were accepted for.
package enum ModelTable {
    /// Finds the key of a model version, and records the version when it is new.
    package static func key(of identity: ModelIdentity, output: ModelOutput, in connection: Connection) throws -> Int64
    {
        let known = connection.state(KnownModels.self)
        if let key = known.keys[identity] { return key }
        let key = try find(identity, in: connection) ?? insert(identity, output: output, in: connection)
        known.keys[identity] = key
        return key
    }

    private static func insert(
        _ identity: ModelIdentity, output: ModelOutput, in connection: Connection
    ) throws -> Int64 {
        let text = String(decoding: try JSONEncoder().encode(output), as: UTF8.self)
        let inserted = try connection.first(
            """
            INSERT INTO model (name, version, digest, output) VALUES (?, ?, ?, ?)
            ON CONFLICT (name, version, digest) DO NOTHING RETURNING key
            """, .text(identity.model), .text(identity.version), .text(identity.digest), .text(text)
        ) { $0.integer(0) }
        // Another process may have recorded it in this moment.
        guard let key = try inserted ?? find(identity, in: connection) else { throw StoreError.corruptBlob }
        return key
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

/// The versions that one transaction has looked up.
private final class KnownModels: TransactionState {
    static let place = 0
    var keys: [ModelIdentity: Int64] = [:]

    func write(in connection: Connection) {}
}
