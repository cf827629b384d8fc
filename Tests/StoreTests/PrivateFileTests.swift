import Core
import Foundation
import Glibc
import TestSupport
import Testing

@testable import Store

@Suite struct PrivateFileTests {
    private static func rights(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
    }

    @Test func `a database of before, which all could read, is its owner's alone once it was opened`() throws {
        let folder = TemporaryFolder()
        chmod(folder.path, 0o755)
        let path = folder.path + "/sibyl.db"
        try Database(path: path).migrate()
        let files = [path, path + "-wal", path + "-shm", path + "-gate", path + "-turn"]
        let first = try Database(path: path).makeWriter(.durable)
        for file in files { chmod(file, 0o666) }
        for own in [path + "-doors", path + "-owners"] { chmod(own, 0o777) }
        #expect(DatabaseFiles(path: path).exposedFiles.count >= files.count)
        let writer = try Database(path: path).makeWriter(.durable)
        for file in files { #expect(Self.rights(file) == 0o600, "\(file)") }
        for own in [path + "-doors", path + "-owners"] { #expect(Self.rights(own) == 0o700, "\(own)") }
        #expect(Self.rights(folder.path) == 0o755, "a folder that somebody made stays as it is")
        #expect(DatabaseFiles(path: path).exposedFiles.isEmpty)
        #expect(DatabaseFiles(path: path).exposedFolder == folder.path)
        // The locks of the connections are still there.
        try writer.transaction { _ in }
        try first.transaction { _ in }
    }

    /// Whatever rule breaks, SQLite names the rule and never the value.
    @Test(arguments: [
        "INSERT INTO named (name) VALUES (?)", "INSERT INTO checked (name) VALUES (?)",
        "INSERT INTO counted (number) VALUES (?)", "SELECT json_extract(?, '$')",
        "INSERT INTO counted (name, number) VALUES (?, NULL)", "SELECT abs(-9223372036854775808), ?",
    ])
    func `an error of SQLite tells no value of a row`(sql: String) throws {
        let folder = TemporaryFolder()
        let secret = "Jane-Doe-5551234"
        let connection = try Connection(path: folder.path + "/a.db", mode: .readWrite)
        try connection.execute(
            script: """
                CREATE TABLE named (name TEXT PRIMARY KEY) STRICT;
                INSERT INTO named VALUES ('\(secret)');
                CREATE TABLE checked (name TEXT CHECK (length(name) < 2)) STRICT;
                CREATE TABLE counted (name TEXT, number INTEGER NOT NULL) STRICT;
                """)
        let error = #expect(throws: SQLiteError.self) { try connection.first(sql, .text(secret)) { _ in true } }
        let told = try #require(error)
        #expect(!told.description.contains(secret), "\(told.description)")
    }
}
