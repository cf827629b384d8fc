internal import Core
internal import Store

/// The right to keep house, which holds until another process takes it.
///
/// A number in the database, not a lock: a process that was stopped holds its locks for as long as it stands, and learns
/// here, before its next write, that another was elected meanwhile.
package struct KeeperTerm: Sendable, Equatable {
    /// Counts the terms; never given twice.
    let number: Int64

    /// Goes before each write of a keeper, in the same transaction.
    ///
    /// - Throws: ``QueueError/termLost``.
    func check(in connection: Connection) throws {
        guard try KeeperTable.seen(in: connection)?.term == number else { throw QueueError.termLost }
    }
}

/// Who keeps house, as every process can see it.
struct SeenKeeper: Equatable {
    let term: Int64
    /// The process's name; empty when it has resigned.
    let boot: String
    let beat: Int64
    /// The time that its retention went by.
    let time: WallTime
}

/// The statements on the one row that says who keeps house.
enum KeeperTable {
    static func seen(in connection: Connection) throws -> SeenKeeper? {
        try connection.first("SELECT term, boot, beat, time_ms FROM keeper") {
            SeenKeeper(term: $0.integer(0), boot: $0.text(1), beat: $0.integer(2), time: $0.time(3))
        }
    }

    /// Begins a term after the one that was seen.
    ///
    /// - Returns: nil when the keeper has moved since, or another process was faster.
    static func take(
        after seen: SeenKeeper?, boot: String, at time: WallTime, in connection: Connection
    ) throws -> KeeperTerm? {
        guard try self.seen(in: connection) == seen else { return nil }
        let number = (seen?.term ?? 0) + 1
        try connection.run(
            """
            INSERT INTO keeper (key, term, boot, beat, time_ms) VALUES (1, ?1, ?2, 0, ?3)
            ON CONFLICT (key) DO UPDATE SET term = excluded.term, boot = excluded.boot, beat = 0, time_ms = excluded.time_ms
            """, .integer(number), .text(boot), .time(time))
        return KeeperTerm(number: number)
    }

    /// Says that the keeper lives.
    ///
    /// - Throws: ``QueueError/termLost``.
    static func beat(_ term: KeeperTerm, at time: WallTime, in connection: Connection) throws {
        let moved = try connection.run(
            "UPDATE keeper SET beat = beat + 1, time_ms = ?2 WHERE term = ?1", .integer(term.number), .time(time))
        if moved == 0 { throw QueueError.termLost }
    }

    /// Notes that nobody keeps house.
    static func clear(in connection: Connection) throws { try connection.run("UPDATE keeper SET boot = ''") }

    /// Lets another be elected at once.
    static func resign(_ term: KeeperTerm, in connection: Connection) throws {
        try connection.run("UPDATE keeper SET boot = '' WHERE term = ?", .integer(term.number))
    }
}
