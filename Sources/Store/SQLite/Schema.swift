internal import Core

/// The schema's versions and the way from one to the next.
///
/// Changes expand, then contract: the program of schema N also runs on schema N + 1, so that processes can be
/// replaced one after the other.
enum Schema {
    /// The version that this program writes.
    static let current = migrations.count
    /// The versions on which this program runs.
    static let supported = current...(current + 1)

    /// Each migration brings the schema to its position in the list, counted from 1.
    private static let migrations = [
        Migration1.sql, Migration2.sql, Migration3.sql, Migration4.sql, Migration5.sql, Migration6.sql,
        Migration7.sql,
    ]

    /// What must be said before the first table exists: it cannot be changed afterwards without a rewrite.
    static let newDatabase = """
        PRAGMA auto_vacuum = INCREMENTAL;
        PRAGMA journal_mode = WAL;

        """

    static func version(of connection: Connection) throws -> Int {
        let version = try connection.first("PRAGMA user_version") { $0.int(0) } ?? 0
        if version > MoveMark.versions { throw try MoveMark.refusal(in: connection) }
        return version
    }

    static func check(_ found: Int) throws {
        if found == 0 { throw StoreError.notMigrated }
        if !supported.contains(found) { throw StoreError.schemaMismatch(found: found, supported: supported) }
    }

    /// Runs the migrations that are missing, each in one transaction.
    static func migrate(_ connection: Connection, at gate: WriteGate) throws -> [Int] {
        try gate.enter()
        defer { gate.leave() }
        return try migrate(connection)
    }

    /// Runs the migrations that are missing in a database that nobody else uses.
    static func migrate(_ connection: Connection) throws -> [Int] {
        let found = try version(of: connection)
        if found > supported.upperBound { throw StoreError.schemaMismatch(found: found, supported: supported) }
        guard found < current else { return [] }
        let missing = Array((found + 1)...current)
        for version in missing {
            try connection.execute(
                script: "BEGIN IMMEDIATE;\n\(migrations[version - 1])\nPRAGMA user_version = \(version);\nCOMMIT;")
        }
        return missing
    }
}
