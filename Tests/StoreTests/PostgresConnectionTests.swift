import Core
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Store

/// Connections to a server that end in the middle, or never begin.
@Suite struct PostgresConnectionTests {
    /// The connections of the database under test have a name of their own.
    private let name: String
    private let url: String
    private let database: Database

    init() throws {
        url = try PostgresServer.shared.get().newURL()
        name = String(url.suffix(32))
        database = try Database(path: url + "&application_name=" + name)
        try database.migrate()
    }

    private static func fail(on connection: Connection) throws {
        // try? because the answer is lost with the connection.
        _ = try? connection.run("SELECT pg_terminate_backend(pg_backend_pid())")
    }

    private func pauses(in writer: Writer) throws -> Int {
        try writer.read { try $0.first("SELECT count(*) FROM pause") { $0.int(0) } ?? 0 }
    }

    private static func pause(_ name: String, in connection: Connection) throws {
        try connection.run("INSERT INTO pause (model, since_ms) VALUES (?, 1)", .text(name))
    }

    // MARK: Words

    /// What makes a server quote a value: where it is at fault, in details of a broken rule, and in what a function raises.
    @Test(arguments: [
        "SELECT CAST(? AS integer)", "SELECT CAST(? AS date)", "INSERT INTO named (name) VALUES (?)",
        "INSERT INTO checked (name) VALUES (?)", "SELECT set_config('no.such.' || ?, 'a', false), 1 / 0",
        "SELECT raise(?)", "INSERT INTO counted (name, number) VALUES (?, NULL)",
    ])
    func `neither an error nor the server's log tells a value of a row`(sql: String) throws {
        let secret = "Jane-Doe-5551234"
        let writer = try database.makeWriter(.durable)
        try writer.transaction(reaching: .rows) { connection in
            try connection.execute(
                script: """
                    CREATE TEMP TABLE named (name TEXT PRIMARY KEY);
                    INSERT INTO named VALUES ('\(secret)');
                    CREATE TEMP TABLE checked (name TEXT CHECK (length(name) < 2));
                    CREATE TEMP TABLE counted (name TEXT, number INTEGER NOT NULL);
                    CREATE FUNCTION raise(what TEXT) RETURNS void LANGUAGE plpgsql AS
                        'BEGIN RAISE EXCEPTION ''no % here'', what; END';
                    """)
        }
        let before = try PostgresServer.shared.get().log
        let error = #expect(throws: PostgresError.self) {
            try writer.transaction(reaching: .rows) { try $0.run(sql, .text(secret)) }
        }
        let told = try #require(error)
        #expect(!told.state.isEmpty)
        #expect(!told.reason.isEmpty)
        #expect(!told.description.contains(secret), "\(told.description)")
        #expect(!told.message.contains(secret))
        // Details and parameters are what the session can keep out of it; a message that quotes a value stays the server's.
        let lines = try PostgresServer.shared.get().log.dropFirst(before.count).split(separator: "\n")
        let telling = lines.filter { $0.contains(secret) && !$0.contains("ERROR:") }
        #expect(telling.isEmpty, "\(telling)")
    }

    // MARK: Cut

    @Test func `a transaction whose connection is cut leaves nothing, and the next one works`() throws {
        let writer = try database.makeWriter(.durable)
        #expect(throws: PostgresError.self) {
            try writer.transaction { connection in
                try Self.pause("a", in: connection)
                try Self.fail(on: connection)
                try Self.pause("b", in: connection)
            }
        }
        try writer.transaction(reaching: .rows) { try Self.pause("c", in: $0) }
        #expect(try pauses(in: writer) == 1)
    }

    @Test func `a connection that is cut while nobody uses it is made anew without a word`() throws {
        let writer = try database.makeWriter(.durable)
        let readers = database.makeReaders()
        try readers.read { _ = try $0.run("SELECT 1") }
        try ServersSide.cut(named: name, at: url)
        try writer.transaction { try Self.pause("a", in: $0) }
        #expect(try readers.read { try $0.first("SELECT count(*) FROM pause") { $0.int(0) } } == 1)
    }

    @Test func `a read whose connection is cut is an error, and the next one works`() throws {
        let readers = database.makeReaders()
        #expect(throws: PostgresError.self) {
            try readers.read { connection in
                try Self.fail(on: connection)
                try connection.run("SELECT 1")
            }
        }
        try readers.read { _ = try $0.run("SELECT 1") }
    }

    @Test func `a commit of a transaction in which a statement failed is an error`() throws {
        let writer = try database.makeWriter(.durable)
        #expect(throws: PostgresError.self) {
            try writer.transaction { connection in
                try Self.pause("a", in: connection)
                // try? as code might that forgets that the server takes nothing more.
                _ = try? connection.run("SELECT 1 / 0")
            }
        }
        #expect(try pauses(in: writer) == 0)
    }

    @Test func `what was undone for another's sake runs again, but not for ever`() throws {
        let writer = try database.makeWriter(.durable)
        var runs = 0
        let undone = PostgresError(operation: "execute", state: "40P01", reason: "deadlock", sql: nil)
        try writer.transaction { connection in
            try Self.pause("a", in: connection)
            runs += 1
            if runs < 3 { throw undone }
        }
        #expect(runs == 3)
        #expect(try pauses(in: writer) == 1)
        #expect(throws: PostgresError.self) { try writer.transaction { _ in throw undone } }
    }

    @Test func `in a group, what was undone for another's sake runs again for all`() async throws {
        let committer = GroupCommitter(database: database)
        let thread = ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { Issue.record(error) }
        }
        let runs = Mutex(0)
        try await committer.write(bytes: 0, reaching: .rows) { connection in
            try Self.pause("a", in: connection)
            if runs.withLock({
                $0 += 1; return $0
            }) == 1 {
                throw PostgresError(operation: "execute", state: "40P01", reason: "deadlock", sql: nil)
            }
        }
        thread.stop()
        await thread.joined()
        #expect(try pauses(in: database.makeWriter(.relaxed)) == 1)
    }

    // MARK: Processes

    @Test func `a process whose connection is cut looks gone until it gives its sign again`() throws {
        let keeper = try Database(path: url, patience: 2)
        let presence = try database.present("b1")
        #expect(try !keeper.isGone("b1"))
        try ServersSide.cut("owner:b1", at: url)
        #expect(try !keeper.isGone("b1"))
        try presence.renew()
        #expect(try !keeper.isGone("b1"))
        try ServersSide.cut("owner:b1", at: url)
        #expect(try !keeper.isGone("b1"))
        #expect(try keeper.isGone("b1"))
        presence.end()
        #expect(try keeper.isGone("b1"))
    }

    @Test func `a name that a process has is no other's`() throws {
        let presence = try database.present("b1")
        let other = try Database(path: url)
        #expect(throws: StoreError.self) { try other.present("b1") }
        presence.end()
        _ = try other.present("b1")
    }

    // MARK: Bells

    @Test func `a ring is heard at the doors of other processes, and of its kind only`() throws {
        let other = try Database(path: url)
        let clock = ManualClock().steady
        let bells = try database.makeBells(clock)
        let heard = try other.makeBells(clock).open("api", boot: "b1")
        let alike = try database.makeBells(clock).open("api", boot: "b2")
        let another = try other.makeBells(clock).open("worker", boot: "b1")
        bells.ring([0, 1, 254, 255], at: "api")
        #expect(heard.wait(for: .seconds(10)) == [0, 1, 254, 255])
        #expect(alike.wait(for: .seconds(10)) == [0, 1, 254, 255])
        bells.ring([], at: "worker")
        #expect(another.wait(for: .seconds(10)) == [])
        #expect(heard.wait(for: .zero) == nil)
    }

    @Test func `a door whose connection is cut hears again`() throws {
        let clock = ManualClock().steady
        let door = try database.makeBells(clock).open("api", boot: "b1")
        try ServersSide.cut(named: name, at: url)
        let bells = try Database(path: url).makeBells(clock)
        // Some waits find out that the connection is gone; from then on the door is open again.
        var message: [UInt8]?
        for _ in 0..<200 where message == nil {
            bells.ring([7], at: "api")
            message = door.wait(for: .milliseconds(50))
        }
        #expect(message?.first == 7)
    }

    @Test func `a door is left when its own process says so`() throws {
        let door = try database.makeBells(ManualClock().steady).open("api", boot: "b1")
        door.wake()
        #expect(door.wait(for: .seconds(10)) == [])
        #expect(door.wait(for: .zero) == nil)
    }
}

/// What an administrator of the server can do.
enum ServersSide {
    /// Cuts the connection that holds a lock, and waits until it is gone.
    static func cut(_ lock: String, at url: String) throws {
        let writer = try Database(path: url).makeWriter(.relaxed)
        let cut = try writer.read { connection in
            try connection.all(
                """
                SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted
                    AND (classid::bigint << 32 | objid::bigint) = \(PostgresLock.key)
                """, .text(lock)
            ) { $0.int(0) != 0 }
        }
        #expect(cut == [true])
    }

    /// Cuts the connections that have a name, and waits until they are gone.
    static func cut(named name: String, at url: String) throws {
        let writer = try Database(path: url).makeWriter(.relaxed)
        let cut = try writer.read { connection in
            try connection.all(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = ?", .text(name)
            ) { $0.int(0) != 0 }
        }
        #expect(!cut.isEmpty && !cut.contains(false))
    }
}
