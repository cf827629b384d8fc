package import Core

/// What happened in the store or the queue, for whoever counts it.
///
/// Told on the thread that wrote, after the commit; whoever hears it must not wait.
package enum StoreEvent: Sendable, Equatable {
    /// A writer has its turn at the gate.
    case gateEntered(after: Duration)
    /// Writes shared a commit.
    case groupCommitted(writes: Int)
    /// A worker leased chunks; the wait is that of the first one's task since it was accepted, by the wall clock.
    case claimed(waited: Duration)
    /// Results are on disk.
    case rowsScored(model: Int64, succeeded: Int, failed: Int)
    /// A task reached a final status.
    case taskEnded(PredictionTask.Status)
    /// Chunks were taken from a process that died or hung.
    case leasesExpired(chunks: Int)
    /// Chunks will run again, because a run with them failed.
    case chunksRetried(Int)
}
