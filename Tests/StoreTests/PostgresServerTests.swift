import Core
import Glibc
import TestSupport
import Testing

@testable import Store

/// What a server of one's own may be told: whom to let in, and when to answer.
@Suite(.serialized) struct PostgresServerTests {
    /// Its commits wait for a second server that never comes, unless they say that they do not.
    private static let server = Result { try PostgresServer(settings: ["synchronous_standby_names=nobody"]) }

    private func connect(_ url: String) throws { _ = try Database(path: url).schemaVersion() }

    private func failure(_ url: String) -> PostgresError? {
        do {
            try connect(url)
            return nil
        } catch {
            return error as? PostgresError
        }
    }

    @Test func `who cannot connect is told why`() throws {
        let url = try Self.server.get().newURL()
        let writer = try Database(path: url).makeWriter(.relaxed)
        try writer.transaction { connection in
            try connection.execute(script: "CREATE ROLE guest LOGIN PASSWORD 'right'")
            try connection.execute(script: Self.demandPasswords)
        }
        let guest = url.replacing("user=postgres", with: "user=guest")
        // The server reads its file anew soon.
        for _ in 0..<500 {
            if failure(guest + "&password=wrong") != nil { break }
            usleep(20_000)
        }
        let login = "The database server refused the login; check SIBYL_DATABASE and the password file (PGPASSFILE)."
        #expect(failure(guest + "&password=wrong")?.message == login)
        #expect(failure(guest)?.message == login)
        #expect(failure(guest + "&password=right") == nil)
        #expect(failure(url.replacing("user=postgres", with: "user=nobody&password=x"))?.message == login)
        #expect(
            failure(url.replacing("/postgres?", with: "/nowhere?"))?.message
                == "The database server has no such database; create it, or name another with SIBYL_DATABASE.")
        let unreachable = failure("postgresql:///postgres?host=/nowhere&user=postgres")
        #expect(unreachable?.message == "The database server cannot be reached; try again in a moment.")
        #expect(unreachable?.state == "")
    }

    private static let demandPasswords = """
        DO $$ BEGIN
            EXECUTE format('COPY (SELECT unnest(%L::text[])) TO %L',
                ARRAY['local all postgres trust', 'local all all scram-sha-256'], current_setting('hba_file'));
            PERFORM pg_reload_conf();
        END $$
        """

    @Test func `a commit whose answer is lost is told as an error, and what it wrote is there`() throws {
        let url = try Self.server.get().newURL()
        let name = String(url.suffix(32))
        let local = try Database(path: url + "%20-csynchronous_commit%3Dlocal")
        try local.migrate()
        let bystander = try local.makeWriter(.durable)
        let handed = Handed(writer: try Database(path: url + "&application_name=" + name).makeWriter(.durable))
        let thread = ServiceThread(name: "writer") { _ in
            #expect(throws: PostgresError.self) {
                try handed.writer.transaction { connection in
                    try connection.run("INSERT INTO pause (model, since_ms) VALUES ('a', 1)")
                }
            }
        }
        // The commit is done, and waits for the second server.
        let isWaiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = ? AND wait_event = 'SyncRep'"
        for _ in 0..<500 {
            if try bystander.read({ try $0.first(isWaiting, .text(name)) { _ in true } }) == true { break }
            usleep(20_000)
        }
        try ServersSide.cut(named: name, at: url)
        #expect(thread.join(for: .seconds(60)))
        #expect(try bystander.read { try $0.first("SELECT count(*) FROM pause") { $0.int(0) } } == 1)
    }

    private struct Handed: @unchecked Sendable {  // @unchecked because only the thread uses it
        let writer: Writer
    }
}
