import Core
import TestSupport
import Testing

@testable import Store

@Suite struct PreparedStatementTests {
    private let folder = TemporaryFolder()

    /// The 129th was a trap.
    @Test func `a connection runs more statements than it keeps`() throws {
        let database = try Database(path: folder.path + "/test.db")
        try database.migrate()
        let writer = try database.makeWriter(.relaxed)
        for _ in 0..<2 {
            let found = try writer.read { connection in
                try (0..<2 * Limits.preparedStatements).map { number in
                    try connection.first("SELECT \(number) + ?", .integer(1)) { $0.int(0) }
                }
            }
            #expect(found == (0..<2 * Limits.preparedStatements).map { $0 + 1 })
        }
    }

    @Test func `a move goes by keys of as many columns as a table has`() throws {
        let database = try Database(path: folder.path + "/test.db")
        try database.migrate()
        try database.makeWriter(.durable).transaction { connection in
            try connection.execute(
                script: """
                    CREATE TABLE wide (a INTEGER NOT NULL, b TEXT NOT NULL, c INTEGER NOT NULL, d TEXT,
                        PRIMARY KEY (a, b, c)) STRICT;
                    INSERT INTO wide VALUES (1, 'x', 2, 'p'), (1, 'x', 10, 'q'), (1, 'y', 1, NULL), (2, 'a', 1, 's');
                    """)
            let table = try #require(try MovedTable.all(in: connection).first { $0.name == "wide" })
            var (last, found): ([String], [[String]]) = ([], [])
            for _ in 0..<4 {
                try table.forEachRow(after: last, in: connection) { values in
                    last = try table.key(of: values)
                    found.append(last)
                    return false
                }
            }
            #expect(found == [["1", "x", "2"], ["1", "x", "10"], ["1", "y", "1"], ["2", "a", "1"]])
            let progress = MovedProgress(last: last, rows: 4)
            try MovedProgress.makeTable(for: ["wide"], in: connection)
            try progress.write("wide", in: connection)
            #expect(try MovedProgress.read("wide", in: connection) == progress)
        }
    }

    @Test(arguments: [
        "CREATE TABLE odd (a INTEGER) STRICT", "CREATE TABLE odd (a BLOB PRIMARY KEY) STRICT",
        "CREATE TABLE odd (a INTEGER PRIMARY KEY, b NUMERIC)",
    ])
    func `a move names a table that it cannot copy`(script: String) throws {
        let database = try Database(path: folder.path + "/test.db")
        try database.migrate()
        try database.makeWriter(.durable).transaction { connection in
            try connection.execute(script: script)
            #expect(throws: StoreError.tableNotMovable("odd")) { try MovedTable.all(in: connection) }
        }
    }
}
