package import Core
internal import Synchronization

/// Remembers what a model's key in the database stands for; keys never change their meaning.
package final class ModelRegistry: Sendable {
    /// One version of a model, as its tasks see it.
    package struct Entry: Sendable {
        package let identity: ModelIdentity
        package let output: ModelOutput
    }

    private let entries = Mutex<[Int64: Entry]>([:])

    package init() {}

    /// The model version of a key.
    ///
    /// - Throws: ``StoreError/corruptBlob`` when the database does not know the key.
    package func entry(for key: Int64, in connection: Connection) throws -> Entry {
        if let entry = entries.withLock({ $0[key] }) { return entry }
        let found = try connection.first("SELECT name, version, digest, output FROM model WHERE key = ?", .integer(key))
        {
            Entry(
                identity: ModelIdentity(model: $0.text(0), version: $0.text(1), digest: $0.text(2)),
                output: try ModelTable.output(from: $0.text(3)))
        }
        guard let found else { throw StoreError.corruptBlob }
        entries.withLock { $0[key] = found }
        return found
    }
}
