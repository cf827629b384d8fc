/// Writes to the database, one transaction at a time.
///
/// One thread at a time uses it.
package final class Writer {
    /// When a commit counts.
    package enum Durability: Sendable {
        /// A commit is on disk before the call returns: what a caller was promised.
        case durable
        /// A commit is on disk once a ``flush()`` that began after it, of any writer, has returned; others may see it
        /// before: for what nobody was told of yet, such as a new task. The flush holds up no other writer.
        case durableOnceFlushed
        /// A power loss may undo the commit, never the order of commits: claims and beats, which are harmless to lose.
        case relaxed
    }

    /// Which other transactions may run meanwhile, where the engine can run several.
    package enum Reach: Sendable {
        /// All: one statement on a row of the process's own, which nobody may hold up.
        case own
        /// Any that touches other rows: what accepts, claims and completes, and is written for that.
        case rows
        /// None: whatever looks at more than it locks.
        case all
    }

    private let lane: any WritingLane

    init(_ lane: any WritingLane) { self.lane = lane }

    /// Runs a write transaction, which is undone when the closure throws.
    ///
    /// Nothing is computed inside: others wait meanwhile. The closure may run again when the engine had to undo it for
    /// another's sake.
    ///
    /// - Throws: what the closure throws, ``StoreError/gateTimeout(holder:isStopped:)``, or the engine's error; then
    ///   nothing was written, unless the answer to a commit was lost.
    @discardableResult
    package func transaction<Value>(
        reaching reach: Reach = .all, _ body: (Connection) throws -> Value
    ) throws -> Value {
        var value: Value?
        try lane.transaction(reach) { value = try body($0) }
        return value!
    }

    /// Waits until every commit so far, whoever made it, is on disk.
    ///
    /// - Throws: the engine's error; then nobody knows what is on disk.
    package func flush() throws { try lane.flush() }

    /// Runs a read transaction.
    package func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        var value: Value?
        try lane.read { value = try body($0) }
        return value!
    }
}
