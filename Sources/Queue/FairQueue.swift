internal import Core

/// Decides in which order chunks run: start-time fair queueing.
///
/// Time is virtual, and each model has its own: it stands at the rank of what was claimed last of the model. A task starts
/// there, or where its caller's earlier tasks have pushed its flow, and each of its chunks ranks behind the work that the
/// task has before it, weighted by priority. The lowest rank runs first. So a large task's later chunks rank behind whatever
/// small comes meanwhile, callers share alike whatever they bring, and everything that waits comes to its turn.
///
/// Among models the same holds: a model's shift puts its ranks into the order of all. A model that stood still, because it
/// was paused, failed, or had no worker, would come back with ranks far below all others, and everything else would wait
/// until its whole backlog has run. So its shift is set anew: it goes on where the others are, and is owed nothing.
///
/// A task pushes its flow by one run's time at most: a caller with many small tasks takes turns with others, and
/// one with a large batch need not wait for it with a small task.
struct FairQueue: Equatable {
    /// The rank of what was claimed last of the model.
    var now: Int64
    /// Where the next task of a flow starts at the earliest.
    var next: Int64

    /// Ranks a new task's chunks, and pushes its flow.
    ///
    /// - Parameters:
    ///   - rowCost: what a row takes a worker, in microseconds.
    ///   - rows: the task's rows; nil when more will come.
    mutating func admit(priority: Priority, rowCost: Double, rows: Int?) -> FairRank {
        let start = max(now, next)
        let rank = FairRank(start: start, cost: rowCost * priority.price)
        let run = Limits.runTime.inSeconds * 1e6
        let work = rows.map { min(Double($0) * rowCost, run) } ?? run
        next = start + Self.distance(work * priority.price)
        return rank
    }

    /// How far a model may lie behind the others before it counts as having stood still: one run of usual priority.
    ///
    /// Runs that overlap on several workers put models behind one another by about that.
    static let standstill = distance(Limits.runTime.inSeconds * 1e6 * Priority.normal.price)

    /// Where a model stands in the order of all.
    struct ModelPlace: Equatable {
        /// The rank at which it goes on: its lowest one, but not before what it has run already.
        let rank: Int64
        /// What brings its ranks into the order of all.
        let shift: Int64

        /// Its place among the models.
        var place: Int64 { rank + shift }

        /// The same, brought up to where the order of all has come if it stood still.
        func caughtUp(with now: Int64) -> ModelPlace {
            place < now - FairQueue.standstill ? ModelPlace(rank: rank, shift: now - rank) : self
        }
    }

    /// A distance in the order; what is further than ten thousand years of work is last all the same.
    static func distance(_ work: Double) -> Int64 { Int64(saturating: min(work.rounded(.up), 0x1p58)) }
}

/// Ranks the chunks of one task.
struct FairRank: Sendable, Equatable {
    /// Where the task starts in the order.
    let start: Int64
    /// What a row moves the order by.
    let cost: Double
    /// The row at which the task starts there: not the first one of an upload that goes on.
    var firstRow = 0

    /// The rank of a chunk: that of its last row, so that of chunks that start together the smallest runs first.
    func rank(ofRow row: Int, count: Int) -> Int64 {
        start + FairQueue.distance(Double(row - firstRow + count) * cost)
    }
}

extension Priority {
    /// What a microsecond of work moves the order by: high gets four times the share of normal, and normal of low.
    var price: Double {
        switch self {
        case .high: 1
        case .normal: 4
        case .low: 16
        }
    }
}
