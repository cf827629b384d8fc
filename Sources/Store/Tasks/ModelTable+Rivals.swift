package import Core

extension ModelTable {
    /// Finds another identity under a version's name to which a stored task still refers.
    ///
    /// Once no task does, the version may become another: the old row stays, because a row's key never changes its
    /// meaning, and the records of swept tasks name it.
    ///
    /// - Returns: nil when the name is free, or is this very identity's alone.
    package static func rival(of identity: ModelIdentity, in connection: Connection) throws -> ModelIdentity? {
        let others = try connection.all(
            "SELECT key, digest FROM model WHERE name = ? AND version = ? AND digest <> ? ORDER BY key DESC",
            .text(identity.model), .text(identity.version), .text(identity.digest)
        ) { (key: $0.integer(0), digest: $0.text(1)) }
        for other in others where try isReferred(other.key, in: connection) {
            return ModelIdentity(model: identity.model, version: identity.version, digest: other.digest)
        }
        return nil
    }

    /// Whether rows of a version wait or run, or its results are kept; swept records do not count.
    ///
    /// Each look goes by an index that there is anyway: one on the model would cost every submission.
    private static func isReferred(_ model: Int64, in connection: Connection) throws -> Bool {
        for sql in referringSQL where try connection.first(sql, .integer(model), make: { $0.int(0) > 0 }) == true {
            return true
        }
        return false
    }

    static let referringSQL = [
        "SELECT coalesce(sum(rows), 0) FROM backlog WHERE model = ?",
        "SELECT 1 FROM task INDEXED BY task_receiving WHERE receiver IS NOT NULL AND model = ? LIMIT 1",
        """
        SELECT 1 FROM task INDEXED BY task_results_until
        WHERE results_until_ms IS NOT NULL AND model = ? AND swept_ms IS NULL LIMIT 1
        """,
    ]
}
