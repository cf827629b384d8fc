internal import Core
internal import Glibc

/// Moves the write-ahead log back into the database, in slices, inside the gate.
///
/// With SQLite before 3.51.3 a checkpoint beside a writer can corrupt the database, so it takes the writers' place. Its
/// connection has no busy handler: a reader makes it give up at once instead of holding the gate. Where somebody always
/// reads, that would never begin the log anew, so a large one is worth a bounded wait: readers that come meanwhile find
/// all in the database and are in nobody's way.
final class Checkpointer: LogKeeping {
    private let writer: SQLiteLane
    private let files: DatabaseFiles
    private let pause: () -> Void

    /// - Parameter pause: waits a moment for readers that are in the way of a large log.
    init(engine: SQLiteEngine, pause: @escaping () -> Void = { usleep(1_000) }) throws {
        self.pause = pause
        writer = try SQLiteLane(engine, durability: .durable, waits: false)
        files = engine.files
    }

    /// Checkpoints when the log has reached a slice, or, when nothing is written, to give its space back.
    ///
    /// - Parameter isIdle: whether nothing was written lately; then the log is cut to nothing.
    /// - Returns: whether the log needs another visit soon, because a reader still needed a part of it.
    func checkpointIfNeeded(isIdle: Bool) throws -> Bool {
        let bytes = files.logBytes
        guard bytes >= Limits.checkpointBytes || (isIdle && bytes > 0) else { return false }
        let tries = bytes >= Limits.crowdedLogBytes ? Limits.checkpointTries : 1
        return try writer.exclusively { connection in
            for attempt in 1...tries {
                let isBlocked = try connection.first(
                    "PRAGMA wal_checkpoint(\(isIdle ? "TRUNCATE" : "RESTART"))"
                ) { $0.int(0) != 0 }
                guard isBlocked == true else { return false }
                if attempt < tries { pause() }
            }
            return true
        }
    }

    /// Gives free pages back to the filesystem, a bounded number at a time.
    ///
    /// - Parameter isIdle: whether nothing was written lately; else a quarter of the file may stay free for what comes.
    func releaseFreePages(isIdle: Bool) throws {
        var pages: DatabasePages?
        try writer.read { pages = try DatabasePages(in: $0) }
        guard let pages else { return }
        guard pages.free > (isIdle ? 0 : max(pages.count / 4, Limits.releasedPages)) else { return }
        try writer.transaction(.all) { connection in
            // Each step of the pragma frees one page.
            _ = try connection.all("PRAGMA incremental_vacuum(\(Limits.releasedPages))") { _ in () }
        }
    }
}
