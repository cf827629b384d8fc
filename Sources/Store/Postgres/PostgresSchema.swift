/// The schema on PostgreSQL, with the versions of SQLite's: from each on, both engines have the same tables.
///
/// Versions before 4 were never on PostgreSQL, so that the first one here makes the tables as they are then.
enum PostgresSchema {
    /// Each migration, with the version that it leads to.
    private static let migrations: [(version: Int, sql: String)] = [
        (4, PostgresMigration4.sql), (5, Migration5.sql), (6, Migration6.sql), (7, PostgresMigration7.sql),
    ]

    static func version(of connection: Connection) throws -> Int {
        let exists =
            try connection.first("SELECT to_regclass('schema_version') IS NOT NULL") { $0.int(0) != 0 } ?? false
        guard exists else { return 0 }
        let version = try connection.first("SELECT max(version) FROM schema_version") { $0.int(0) } ?? 0
        if version > MoveMark.versions { throw try MoveMark.refusal(in: connection) }
        return version
    }

    /// Runs the migrations that are missing, one process at a time.
    static func migrate(_ connection: Connection) throws -> [Int] {
        try connection.execute(script: "SELECT pg_advisory_lock(hashtextextended('sibyl:migrate', 0))")
        defer {
            // try? because the lock also goes with the connection.
            try? connection.execute(script: "SELECT pg_advisory_unlock_all()")
        }
        try makeSchema(connection)
        let found = try version(of: connection)
        if found > Schema.supported.upperBound {
            throw StoreError.schemaMismatch(found: found, supported: Schema.supported)
        }
        let missing = migrations.filter { $0.version > found }
        for (version, sql) in missing {
            try connection.execute(
                script: "BEGIN;\n\(sql)\nINSERT INTO schema_version (version) VALUES (\(version));\nCOMMIT;")
        }
        return missing.map(\.version)
    }

    /// Makes the schema that the search path names first, when it is not there.
    private static func makeSchema(_ connection: Connection) throws {
        let path = try connection.first("SELECT current_setting('search_path')") { $0.text(0) } ?? "sibyl"
        let name = path.split(separator: ",").first.map { $0.filter { $0 != "\"" && $0 != " " } } ?? "sibyl"
        try connection.execute(script: "CREATE SCHEMA IF NOT EXISTS \"\(name)\"")
        try connection.execute(script: "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
    }
}
