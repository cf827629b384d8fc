internal import Core
internal import Store

/// Decides how long a worker leaves a small chunk to one that runs small chunks already.
///
/// That one takes along whatever waits when its run ends. Workers that each took a row at a time would make as many durable
/// commits as there are rows, for which all of them, and those who accept, wait in turn.
struct SmallWorkPatience {
    private let clock: SteadyClock
    /// The chunk that was left last, and since when.
    private var left: (chunk: ChunkKey, since: Duration)?
    /// Whether the last look left something.
    private var hasLeft = false
    /// How long a chunk is left: twice what this worker's last run of small chunks took, until its results were stored.
    private(set) var pause = Limits.smallWorkPatience
    private var began: Duration?

    init(clock: SteadyClock) { self.clock = clock }

    /// Whether a chunk is left once more; not one that waited too long for others.
    mutating func leaves(_ chunk: ChunkKey) -> Bool {
        let now = clock.now
        if left?.chunk != chunk { left = (chunk, now) }
        hasLeft = left.map { now - $0.since < pause } ?? false
        return hasLeft
    }

    /// Notes that a run begins.
    ///
    /// - Parameter rows: those of its first chunk.
    mutating func begin(rows: Int) { began = rows <= Limits.smallChunkRows ? clock.now : nil }

    /// Notes that the results of the run are stored.
    mutating func end() {
        if let began { pause = min((clock.now - began) * 2, Limits.longestPatience) }
        began = nil
    }

    /// Whether the last look left something, so that the next one should come soon.
    mutating func takeTurn() -> Bool {
        defer { hasLeft = false }
        return hasLeft
    }
}
