import TestSupport

/// Chooses the moments at which the power goes: half of them spread over the trace, half where it hurts.
struct CrashPoints {
    private let count: Int
    private let delicate: [[Int]]

    init(_ workload: Workload) {
        let events = workload.trace.events
        count = events.count
        let flushes = events.indices.filter { if case .flushed = events[$0] { true } else { false } }
        let begun = events.indices.filter { if case .flushing = events[$0] { true } else { false } }
        let promises = workload.ledger.all.flatMap { entry in
            entry.facts.compactMap { at, fact -> Int? in if case .sent = fact { nil } else { at } }
        }
        delicate = [
            // Right after a flush, and right before it.
            flushes.map { $0 + 1 }, begun.map { $0 },
            // Right after a promise.
            promises,
            // Within checkpoints and vacuums.
            workload.houseKeeping.flatMap { Array($0) },
            events.indices.filter { if case .truncated = events[$0] { true } else { false } }.map { $0 + 1 },
            // While the schema is made.
            Array(0..<min(200, count)),
        ].filter { !$0.isEmpty }
    }

    /// - Parameter share: which part of the trace an image of the even half is from, 0 to 1.
    func point(_ image: Int, share: Double, using generator: inout SeededGenerator) -> Int {
        guard image.isMultiple(of: 2) else { return Int(Double(count) * share) }
        return delicate[image / 2 % delicate.count].randomElement(using: &generator)!
    }
}
