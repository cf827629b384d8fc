internal import Core

/// What an engine does for a database beside running statements.
///
/// This list is where the engines differ; the rules of queue and store are written once above it.
protocol DatabaseEngine: Sendable {
    var engine: Engine { get }
    /// The database as people may read of it, without secrets.
    var name: String { get }
    /// Bytes of disk that are free for what is to be stored; nil where only the server knows.
    var freeDiskBytes: Int64? { get }
    /// The write-ahead log, where it is ours to keep small.
    var log: LogState { get }

    func makeLane(_ durability: Writer.Durability) throws -> any WritingLane
    func makeReader() throws -> Connection
    func migrate() throws -> [Int]
    func schemaVersion() throws -> Int
    func makeLogKeeper() throws -> any LogKeeping

    /// Says that a process lives, until it ends or lets go.
    func present(_ boot: String) throws -> any Presence
    /// Whether a process is known to have ended.
    func isGone(_ boot: String) throws -> Bool
    /// Whether a process gives no sign of life in this moment.
    func isAbsent(_ boot: String) throws -> Bool
    /// Forgets a process that has ended.
    func forget(_ boot: String)
    /// A lock that one process at a time can have, as long as it lives.
    func makeElection() throws -> any Election
    /// The way by which processes ring at each other's doors.
    func makeBells(_ clock: SteadyClock) throws -> any Bells
}

/// Runs write transactions, one at a time; one thread at a time uses it.
protocol WritingLane: AnyObject {
    func transaction(_ reach: Writer.Reach, _ body: (Connection) throws -> Void) throws
    func read(_ body: (Connection) throws -> Void) throws
    func flush() throws
}

/// How a write-ahead log stands, by which two looks tell whether anything was written between them.
package struct LogState: Sendable, Equatable {
    package var bytes = 0
    /// Nanoseconds, since a log that begins anew is written without growing; 0 where there is no log to look at.
    package var changedAt = 0
}

/// Keeps the log and the space of a database small; nothing to do where the server does it.
package protocol LogKeeping: AnyObject {
    /// - Returns: whether a reader stood in the way, so that it should be tried again soon.
    func checkpointIfNeeded(isIdle: Bool) throws -> Bool
    func releaseFreePages(isIdle: Bool) throws
}

/// A process's sign of life, which ends with it.
package protocol Presence: Sendable {
    /// How often the sign must be renewed; nil where it cannot be lost.
    var renewal: Duration? { get }
    /// Gives the sign anew where it may have been lost, such as with a connection.
    func renew() throws
    /// Lets go, at an orderly end.
    func end()
}

/// One candidate for working alone with a database.
package protocol Election: AnyObject {
    /// Whether this candidate has the lock from now on, or still.
    func tryWin() throws -> Bool
    func resign()
}

/// Rings at doors of other processes; a ring may be lost.
package protocol Bells: Sendable {
    /// Opens a door.
    ///
    /// - Parameters:
    ///   - kind: what rings are for: those at a kind reach all its doors.
    ///   - boot: the process's own name.
    func open(_ kind: String, boot: String) throws -> any Door
    /// Rings at all doors of a kind, without waiting.
    func ring(_ message: [UInt8], at kind: String)
}

/// A place at which rings arrive.
package protocol Door: Sendable {
    /// Waits for the next ring; blocks its thread.
    ///
    /// - Returns: the message; nil when none came in time.
    func wait(for limit: Duration) -> [UInt8]?
    /// Lets a thread of this process that waits here go on.
    func wake()
}
