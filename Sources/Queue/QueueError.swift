package import Core
internal import Store

/// Errors of the queue's verbs.
package enum QueueError: CodedError, Equatable {
    /// More rows would wait than may.
    case full(waiting: Int, limit: Int)
    /// More rows at once than may ever wait.
    case tooManyRows(limit: Int)
    /// The database holds as many bytes as it may.
    case storageFull(bytes: Int)
    /// The write-ahead log stayed full: the disk is slower than the uploads, or a reader holds the log.
    case logFull
    /// The disk has less room than what was accepted may need to end.
    case diskLow
    /// An upload goes on at another place than where its stored input ends.
    case wrongOffset(stored: Int)
    /// A submission with this key still runs, or cannot be compared yet.
    case keyInProgress
    /// The key was used for another submission.
    case keyMismatch
    /// The task no longer receives rows: it was stopped, or its upload was declared broken.
    case notReceiving
    /// The task has as many chunks as its chunks' keys can count.
    case tooManyChunks
    /// A task that was to be replaced is not stranded any more: it has ended, or a worker serves its version by now.
    case notStranded
    /// This process was declared dead while it lived, and its chunks were given to others.
    case ownershipLost
    /// Another process keeps house by now.
    case termLost

    package var code: ErrorCode {
        switch self {
        case .full: .queueFull
        case .tooManyRows: .tooManyRows
        case .logFull: .storageBusy
        case .diskLow, .storageFull: .diskLow
        case .wrongOffset: .wrongOffset
        case .keyInProgress: .idempotencyInProgress
        case .keyMismatch: .idempotencyMismatch
        case .notReceiving: .uploadEnded
        case .tooManyChunks: .limitReached
        case .notStranded: .taskEnded
        case .ownershipLost, .termLost: .internalError
        }
    }

    /// Whether room may come while a sender waits: rows are done, and their input goes.
    var isOfRoom: Bool {
        switch self {
        case .full, .storageFull: true
        default: false
        }
    }

    package var message: String {
        switch self {
        case .full(let waiting, let limit):
            "The queue has no room for these rows: \(waiting) rows wait, and at most \(limit) may. Try again later, or send "
                + "fewer rows."
        case .tooManyRows(let limit): "The service takes \(limit) rows at most; send fewer at a time."
        case .storageFull(let bytes):
            "The service's database is full (\(bytes >> 20) MiB); try again when older tasks are deleted or expire."
        case .logFull: "The database's log is full and does not empty; try again later."
        case .diskLow: "The service's disk is nearly full; try again when there is room."
        case .wrongOffset(let stored): "\(stored) bytes of this input are stored; go on there."
        case .keyInProgress:
            "A submission with this Idempotency-Key was begun before; ask for its task, or take another key."
        case .keyMismatch: "This Idempotency-Key was used for another submission; take a new one."
        case .notReceiving: "The task takes no more rows from here: it has ended, or another sends them."
        case .tooManyChunks:
            "The task has reached the maximum of \(ChunkKey.positions) chunks; submit the remaining rows as another task."
        case .notStranded: "The task has ended, or a worker serves its version by now; nothing needs to be done."
        case .termLost: "Another process keeps house by now; this one goes on without."
        case .ownershipLost: "This process stood still longer than its lease; its work was given to others."
        }
    }
}
