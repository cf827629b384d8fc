internal import Core
internal import Queue
internal import Store

/// Keeps the write-ahead log and the space small: checkpoints a grown log at once, and cuts any log to nothing in quiet
/// times.
///
/// One thread uses it.
final class LogCare {
    private let clock: SteadyClock
    private var lastLog: LogState?
    /// When others than the keeper wrote last.
    private var writtenAt: Duration
    private var isCheckpointBlocked = false
    /// Whether the log was cut to nothing since others wrote.
    private var isCut = false

    init(clock: SteadyClock) {
        self.clock = clock
        writtenAt = clock.now
    }

    /// Whether nothing is written, and nothing is left to tidy up.
    private(set) var isQuiet = false

    /// Looks at the beginning of a round whether anybody wrote.
    func look(_ upkeep: Upkeep) {
        let log = upkeep.log
        // A server's log tells nothing here, and says so by having no time.
        isQuiet = log.changedAt != 0 && log == lastLog && !isCheckpointBlocked
        if log == lastLog { return }
        writtenAt = clock.now
        isCut = false
    }

    /// Looks at the end of a round: what the keeper wrote itself is no work.
    func settle(_ upkeep: Upkeep) { lastLog = upkeep.log }

    func step(_ upkeep: Upkeep) throws {
        let quiet = clock.now - writtenAt
        try upkeep.releaseSpace(isIdle: quiet >= Self.settled)
        let bytes = upkeep.log.bytes
        let isIdle = quiet >= Self.settled * 2 && bytes > (isCut ? Self.keptBytes : 0)
        if isIdle || isCheckpointBlocked || bytes >= Limits.checkpointBytes {
            isCheckpointBlocked = try upkeep.checkpoint(isIdle: isIdle)
            isCut = isIdle && !isCheckpointBlocked
        }
    }

    /// How long nothing must be written before free space goes back to the disk.
    private static let settled = Duration.seconds(1)
    /// What the keeper's own beats may leave in a log that was cut: each cut waits for the disk.
    private static let keptBytes = 64 << 10
}
