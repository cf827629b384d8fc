import Core
import Glibc
import TestSupport
import Testing

@testable import Store

/// Answers of a server: those that never come, and those that say that a transaction has failed.
@Suite struct PostgresAnswerTests {
    private let url: String

    init() throws { url = try PostgresServer.shared.get().newURL() }

    private func number(_ sql: String, in session: PostgresSession) throws -> Int32 {
        var number = Int32(0)
        _ = try session.perform(sql, []) { row in
            number = Int32(row.int(0))
            return false
        }
        return number
    }

    // MARK: Time

    /// The server's kernel acknowledged what was sent, and the wait had no end.
    @Test(arguments: ["a statement", "a script", "a pipeline"])
    func `a server that stands still is given up in time`(kind: String) throws {
        let session = try PostgresSession(url: url, patience: .seconds(2))
        let process = try number("SELECT pg_backend_pid()", in: session)
        session.patience = .milliseconds(300)
        // 200 kilobytes are more than a server that reads nothing is sent at once.
        let values = [[SQLValue]](repeating: [.text(String(repeating: "a", count: 200_000))], count: 8)
        kill(process, SIGSTOP)
        defer { kill(process, SIGCONT) }
        let start = ContinuousClock.now
        let error = #expect(throws: PostgresError.self) {
            switch kind {
            case "a statement": _ = try number("SELECT 2 + 2", in: session)
            case "a script": try session.execute(script: "SELECT 1; SELECT 2")
            default: _ = try session.performEach("SELECT length(?)", values) { _, _ in }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(
            error?.state == "" && error?.reason.contains("did not answer within") == true,
            "\(String(describing: error))")
        let isPassing = StoreError.isPassing(try #require(error))
        #expect(session.isLost && isPassing)
        #expect(throws: PostgresError.self) { try session.execute(script: "SELECT 1") }
    }

    @Test func `answers larger than any buffer come whole, in a pipeline too`() throws {
        let session = try PostgresSession(url: url)
        let text = String(repeating: "b", count: 1 << 20)
        var lengths: [Int] = []
        _ = try session.performEach("SELECT ? || 'c'", [[SQLValue]](repeating: [.text(text)], count: 20)) { _, row in
            lengths.append(row.text(0).utf8.count)
        }
        #expect(lengths == [Int](repeating: (1 << 20) + 1, count: 20))
    }

    // MARK: Failed transactions

    @Test func `whatever follows a failed statement tells why that one failed`() throws {
        let session = try PostgresSession(url: url)
        func state(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch {
                return (error as? PostgresError)?.state
            }
        }
        for last in ["COMMIT", "SELECT 7"] {
            _ = try session.perform("BEGIN", []) { _ in true }
            #expect(state { _ = try number("SELECT 1 / 0", in: session) } == "22012")
            #expect(state { _ = try number("SELECT 5 + 5", in: session) } == "22012")
            #expect(state { _ = try session.performEach("SELECT ?", [[.integer(1)]]) { _, _ in } } == "22012")
            #expect(state { _ = try session.perform(last, []) { _ in true } } == "22012")
            _ = try session.perform("ROLLBACK", []) { _ in true }
            #expect(try number("SELECT 6 * 7", in: session) == 42)
        }
    }

    /// Room was made for as many statements as came, though all were prepared already, and in a failed transaction that
    /// hid why it had failed.
    @Test func `only statements that are not prepared yet need room`() throws {
        let session = try PostgresSession(url: url)
        let kept = Limits.preparedVariants - 2
        for count in 1..<kept { #expect(try number("SELECT \(count) + 0", in: session) == Int32(count)) }
        for _ in 0..<3 {
            let many = [[SQLValue]](repeating: [.integer(1)], count: Limits.pipelinedStatements)
            _ = try session.performEach("SELECT ? + 1", many) { _, _ in }
        }
        let prepared = try number("SELECT count(*) FROM pg_prepared_statements", in: session)
        #expect(prepared > kept, "\(prepared) are left")
        for count in 0..<4 { _ = try number("SELECT \(count) - 0", in: session) }
        #expect(try number("SELECT count(*) FROM pg_prepared_statements", in: session) < 10)
    }
}
