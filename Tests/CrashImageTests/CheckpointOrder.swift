/// Follows checkpoints through a trace: log and database may never both be in doubt.
struct CheckpointOrder {
    /// Pages written to the database while the log they come from was not on disk.
    private(set) var earlyPages = 0
    /// Times that the log was begun anew or emptied while the database was not on disk.
    private(set) var earlyResets = 0
    private(set) var pages = 0
    private(set) var logFlushes = 0
    private(set) var databaseFlushes = 0
    /// Times that the log was begun anew at its start.
    private(set) var restarts = 0
    private(set) var truncations = 0
    /// Times that the database became smaller.
    private(set) var shrinks = 0
    private var database = 0
    private var log = 0
    private var size = 0
    private var isLogInDoubt = false
    private var isDatabaseInDoubt = false

    /// - Parameter events: from the first on; before there is a log they do not count.
    init(_ events: [DiskEvent]) {
        for event in events { follow(event) }
    }

    private mutating func follow(_ event: DiskEvent) {
        switch event {
        case .created(let file, let path):
            if path.hasSuffix(".db") { database = file }
            if path.hasSuffix("-wal") { log = file }
        case .written(let file, let offset, let bytes) where log > 0:
            if file == log { write(at: offset) }
            if file == database { write(upTo: offset + bytes.count) }
        case .truncated(let file, let size) where log > 0:
            if file == log { reset(\.truncations) }
            if file == database { shrink(to: size) }
        case .flushed(let file) where log > 0:
            if file == log { (isLogInDoubt, logFlushes) = (false, logFlushes + 1) }
            if file == database { (isDatabaseInDoubt, databaseFlushes) = (false, databaseFlushes + 1) }
        default: break
        }
    }

    private mutating func write(at offset: Int) {
        if offset == 0 { reset(\.restarts) }
        isLogInDoubt = true
    }

    private mutating func write(upTo end: Int) {
        pages += 1
        if isLogInDoubt { earlyPages += 1 }
        isDatabaseInDoubt = true
        size = max(size, end)
    }

    private mutating func shrink(to bytes: Int) {
        if bytes < size { shrinks += 1 }
        size = bytes
        isDatabaseInDoubt = true
    }

    private mutating func reset(_ count: WritableKeyPath<CheckpointOrder, Int>) {
        self[keyPath: count] += 1
        if isDatabaseInDoubt { earlyResets += 1 }
    }
}
