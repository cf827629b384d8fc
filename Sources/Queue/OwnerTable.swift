internal import Core
internal import Store

/// The statements on the processes that may hold leases or receive uploads.
enum OwnerTable {
    static func insert(
        kind: Owner.Kind, boot: String, pid: Int32, at time: WallTime, in connection: Connection
    ) throws -> Int64 {
        try connection.first(
            "INSERT INTO owner (kind, boot, pid, started_ms) VALUES (?, ?, ?, ?) RETURNING key",
            .text(kind.rawValue), .text(boot), .integer(Int(pid)), .time(time)
        ) { $0.integer(0) }!
    }

    static func exists(_ key: Int64, in connection: Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM owner WHERE key = ?", .integer(key)) { _ in true } ?? false
    }

    /// Moves an owner's beat; false when the owner was declared dead.
    static func beat(_ key: Int64, in connection: Connection) throws -> Bool {
        try connection.run("UPDATE owner SET beat = beat + 1 WHERE key = ?", .integer(key)) == 1
    }

    /// One owner as the keeper sees it.
    struct Seen: Sendable, Equatable {
        let key: Int64
        let boot: String
        let beat: Int64
    }

    static func all(in connection: Connection) throws -> [Seen] {
        try connection.all("SELECT key, boot, beat FROM owner") {
            Seen(key: $0.integer(0), boot: $0.text(1), beat: $0.integer(2))
        }
    }

    /// The number of live workers.
    static func workers(in connection: Connection) throws -> Int {
        try connection.first("SELECT count(*) FROM owner WHERE kind = 'worker'") { $0.int(0) } ?? 0
    }

    /// The model versions that at least one live worker can run.
    static func served(in connection: Connection) throws -> Set<ModelIdentity> {
        Set(
            try connection.all("SELECT DISTINCT name, version, digest FROM owner_model WHERE broken IS NULL") {
                ModelIdentity(model: $0.text(0), version: $0.text(1), digest: $0.text(2))
            })
    }

    /// The model versions that at least one live worker can run, or is still to load.
    static func expected(in connection: Connection) throws -> Set<ModelIdentity> {
        Set(
            try connection.all(
                "SELECT DISTINCT name, version, digest FROM owner_model WHERE broken IS NULL OR broken = ?",
                .text(Owner.LoadedModel.awaited.rawValue)
            ) { ModelIdentity(model: $0.text(0), version: $0.text(1), digest: $0.text(2)) })
    }

    /// The model versions that live workers have, or are still to load, in the order of their names.
    static func models(in connection: Connection) throws -> [Workforce.Served] {
        let awaited = Owner.LoadedModel.awaited.rawValue
        return try connection.all(
            """
            SELECT name, version, digest, count(*) FILTER (WHERE broken IS NULL),
                max(message) FILTER (WHERE broken <> ?1), max(message) FILTER (WHERE broken IS NULL),
                max(engine), max(fallback), max(message) FILTER (WHERE broken = ?1) FROM owner_model
            GROUP BY name, version, digest ORDER BY name, version
            """, .text(awaited)
        ) {
            Workforce.Served(
                identity: ModelIdentity(model: $0.text(0), version: $0.text(1), digest: $0.text(2)),
                ready: $0.int(3), broken: $0.optionalText(4) ?? ($0.int(3) == 0 ? $0.optionalText(8) : nil),
                isAwaited: !$0.isNull(8), warning: $0.optionalText(5), engine: $0.optionalText(6),
                fallback: $0.optionalText(7))
        }
    }

    /// The model versions that every worker who can serve them runs on a kernel.
    static func onKernel(in connection: Connection) throws -> [ModelIdentity] {
        try connection.all(
            """
            SELECT name, version, digest FROM owner_model
            GROUP BY name, version, digest HAVING min(engine) = 'fused' AND max(engine) = 'fused'
            """
        ) { ModelIdentity(model: $0.text(0), version: $0.text(1), digest: $0.text(2)) }
    }

    /// Declares an owner dead; false when another keeper was faster, or the beat has moved since it was seen: whoever looked
    /// may have stood still meanwhile.
    static func delete(_ owner: Seen, in connection: Connection) throws -> Bool {
        // It changes nothing, and keeps the beat from moving until the end of the transaction.
        let isUnmoved = try connection.run(
            "UPDATE owner SET beat = beat WHERE key = ? AND beat = ?", .integer(owner.key), .integer(owner.beat))
        return try isUnmoved == 1 && delete(owner.key, in: connection)
    }

    /// Forgets an owner; false when it is not there.
    static func delete(_ key: Int64, in connection: Connection) throws -> Bool {
        try connection.run("DELETE FROM owner_model WHERE owner = ?", .integer(key))
        return try connection.run("DELETE FROM owner WHERE key = ?", .integer(key)) == 1
    }

    static func delete(_ model: ModelIdentity, of owner: Int64, in connection: Connection) throws {
        try connection.run(
            "DELETE FROM owner_model WHERE owner = ? AND name = ? AND version = ? AND digest = ?",
            .integer(owner), .text(model.model), .text(model.version), .text(model.digest))
    }

    static func insert(_ model: Owner.LoadedModel, of owner: Int64, in connection: Connection) throws {
        try connection.run(
            """
            INSERT INTO owner_model (owner, name, version, digest, broken, message, engine, fallback)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(owner), .text(model.identity.model), .text(model.identity.version),
            .text(model.identity.digest), .optional(model.broken?.rawValue), .optional(model.message),
            .optional(model.engine), .optional(model.fallback))
    }
}
