internal import Core

/// A backup as SQLite sees it: the tables of a database, and two more that hold the models' files.
///
/// Comes from: ``make(of:at:onProgress:)``, or a file. Goes to: a database in its place.
package final class Archive {
    /// One file that is kept beside the database's tables.
    package struct File: Sendable, Equatable {
        /// Relative to the folder it came from.
        package let path: String
        package let bytes: Int
        /// The SHA-256 of its content, in hexadecimal digits.
        package let digest: String

        package init(path: String, bytes: Int, digest: String) {
            self.path = path
            self.bytes = bytes
            self.digest = digest
        }
    }

    private let connection: Connection

    /// Opens an archive, or a copy of one, that no other process uses.
    package init(path: String) throws { connection = try Connection(path: path, mode: .readWrite) }

    /// Copies a live database, and makes room beside it for files.
    ///
    /// - Throws: ``StoreError/copyOutrun``, ``StoreError/notMigrated``, ``SQLiteError``.
    package static func make(
        of database: Database, at path: String, onProgress: (Double) -> Void
    ) throws -> Archive {
        try DatabaseCopy(of: database, at: path).make(onProgress: onProgress)
        let archive = try Archive(path: path)
        if try Schema.version(of: archive.connection) == 0 { throw StoreError.notMigrated }
        // One file that needs no log beside it, and whose safety is its caller's.
        try archive.connection.execute(
            script: """
                PRAGMA synchronous = OFF;
                PRAGMA journal_mode = DELETE;
                CREATE TABLE archived_file (path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, digest TEXT NOT NULL) STRICT;
                CREATE TABLE archived_piece (
                    path TEXT NOT NULL, piece INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (path, piece)) STRICT;
                """)
        return archive
    }

    // MARK: Files

    /// Adds a piece of a file; pieces count from 0.
    package func add(_ body: [UInt8], of path: String, piece: Int) throws {
        try connection.run(
            "INSERT INTO archived_piece (path, piece, body) VALUES (?, ?, ?)", .text(path), .integer(piece), .blob(body)
        )
    }

    /// Adds a file whose pieces were added.
    package func add(_ file: File) throws {
        try connection.run(
            "INSERT INTO archived_file (path, bytes, digest) VALUES (?, ?, ?)",
            .text(file.path), .integer(file.bytes), .text(file.digest))
    }

    package func files() throws -> [File] {
        try connection.all("SELECT path, bytes, digest FROM archived_file ORDER BY path") {
            File(path: $0.text(0), bytes: $0.int(1), digest: $0.text(2))
        }
    }

    /// Hands out a file's content piece by piece.
    package func read(_ path: String, _ body: ([UInt8]) throws -> Void) throws {
        try connection.forEachRow("SELECT body FROM archived_piece WHERE path = ? ORDER BY piece", .text(path)) {
            try body($0.blob(0))
            return true
        }
    }

    // MARK: The database

    /// The number of tasks.
    package func tasks() throws -> Int { try connection.first("SELECT count(*) FROM task") { $0.int(0) } ?? 0 }

    /// Asks the database's tables a question.
    package func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try connection.readTransaction(body)
    }

    /// Looks for damage of any page, index or rule.
    ///
    /// - Returns: the first fault in SQLite's words; nil when there is none.
    package func fault() throws -> String? {
        let verdict = try connection.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "no answer"
        return verdict == "ok" ? nil : verdict
    }

    /// Leaves nothing but the database, ready to be put in its place; the archive is not used afterwards.
    ///
    /// - Parameter prepare: what else must change before the database is used.
    /// - Throws: ``StoreError/schemaMismatch(found:supported:)`` when this program cannot work with it.
    package func becomeDatabase(_ prepare: (Connection) throws -> Void) throws {
        try connection.execute(script: "PRAGMA synchronous = FULL")
        _ = try Schema.migrate(connection)
        try connection.execute(script: "BEGIN IMMEDIATE")
        try connection.execute(script: "DROP TABLE archived_file; DROP TABLE archived_piece")
        try prepare(connection)
        try connection.execute(script: "COMMIT; PRAGMA journal_mode = WAL")
    }
}
