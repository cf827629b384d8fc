internal import Core

/// Orders chunks for the claim: the lowest rank runs first.
///
/// A chunk's rank is the moment at which it would run if its task began at once and had a worker for itself. The later
/// chunks of a large batch therefore rank behind small tasks that arrive meanwhile.
struct FairRank {
    /// How far a priority moves a task ahead of, or behind, tasks of normal priority that arrive at the same time.
    private static let headStart: Int64 = 60_000_000

    private let base: Int64
    private let rowCost: Double

    /// - Parameters:
    ///   - time: when the task may begin.
    ///   - rowCost: what a row takes a worker, in microseconds.
    init(from time: WallTime, priority: Priority, rowCost: Double) {
        let shift: Int64 =
            switch priority {
            case .high: -Self.headStart
            case .normal: 0
            case .low: Self.headStart
            }
        base = time.milliseconds * 1_000 + shift
        self.rowCost = rowCost
    }

    /// The rank of the chunk that begins with a row of its task.
    func rank(ofRow firstRow: Int) -> Int64 { base + Int64(Double(firstRow) * rowCost) }
}
