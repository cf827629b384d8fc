/// Says of a database that it is one end of a move, so that no process serves it.
///
/// The schema's version is raised beyond all that any program knows, so that programs that know of no moves refuse it
/// too.
package struct MoveMark: Sendable, Equatable {
    /// Which end a database is.
    package enum Role: String, Sendable {
        case source
        case target
    }

    /// A name that no other move has.
    package let id: String
    package let role: Role
    /// The other end, without secrets.
    package let place: String
    /// Whether the other end has all, and is what is served.
    package let isDone: Bool
    /// When the move began, in milliseconds.
    package let begunMilliseconds: Int64

    package init(id: String, role: Role, place: String, begunMilliseconds: Int64) {
        self.init(id: id, role: role, place: place, isDone: false, begunMilliseconds: begunMilliseconds)
    }

    private init(id: String, role: Role, place: String, isDone: Bool, begunMilliseconds: Int64) {
        self.id = id
        self.role = role
        self.place = place
        self.isDone = isDone
        self.begunMilliseconds = begunMilliseconds
    }

    /// A version above this one is that of a marked schema, and this much too large.
    static let versions = 1_000

    /// The mark of a database; nil when it has none.
    package static func read(in connection: Connection) throws -> MoveMark? {
        guard try storedVersion(in: connection) > versions else { return nil }
        return try connection.first("SELECT id, role, place, done, begun_ms FROM moving") {
            MoveMark(
                id: $0.text(0), role: Role(rawValue: $0.text(1)) ?? .source, place: $0.text(2), isDone: $0.int(3) != 0,
                begunMilliseconds: $0.integer(4))
        }
    }

    /// Marks a database that has no mark.
    package func set(in connection: Connection) throws {
        try connection.execute(
            script: """
                CREATE TABLE moving (
                    id TEXT NOT NULL, role TEXT NOT NULL, place TEXT NOT NULL, done BIGINT NOT NULL DEFAULT 0,
                    begun_ms BIGINT NOT NULL)
                """)
        try connection.run(
            "INSERT INTO moving (id, role, place, begun_ms) VALUES (?, ?, ?, ?)", .text(id), .text(role.rawValue),
            .text(place), .integer(begunMilliseconds))
        try Self.setVersion(try Self.storedVersion(in: connection) + Self.versions, in: connection)
    }

    /// Says that the other end has all.
    package static func finish(in connection: Connection) throws { try connection.run("UPDATE moving SET done = 1") }

    /// Takes the mark away.
    package static func clear(in connection: Connection) throws {
        try setVersion(try storedVersion(in: connection) - versions, in: connection)
        try connection.execute(script: "DROP TABLE moving")
    }

    /// Why a marked database cannot be used.
    static func refusal(in connection: Connection) throws -> StoreError {
        guard let mark = try read(in: connection) else {
            return .schemaMismatch(found: try storedVersion(in: connection), supported: Schema.supported)
        }
        switch mark.role {
        case .target: return .arriving(from: mark.place)
        case .source: return mark.isDone ? .moved(to: mark.place) : .moving(to: mark.place)
        }
    }

    private static func storedVersion(in connection: Connection) throws -> Int {
        if connection.engine == .sqlite { return try connection.first("PRAGMA user_version") { $0.int(0) } ?? 0 }
        let exists = try connection.first("SELECT to_regclass('schema_version') IS NOT NULL") { $0.int(0) != 0 }
        guard exists == true else { return 0 }
        return try connection.first("SELECT max(version) FROM schema_version") { $0.int(0) } ?? 0
    }

    private static func setVersion(_ version: Int, in connection: Connection) throws {
        if connection.engine == .sqlite {
            try connection.execute(script: "PRAGMA user_version = \(version)")
        } else {
            try connection.run("DELETE FROM schema_version WHERE version > ?", .integer(versions))
            if version > versions {
                try connection.run("INSERT INTO schema_version (version) VALUES (?)", .integer(version))
            }
        }
    }
}
