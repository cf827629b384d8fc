package import Core

/// A task as the database has it.
package struct StoredTask: Sendable {
    /// The task's key in the database, which starts the keys of its chunks.
    package let key: Int64
    package let task: PredictionTask
    /// The result of a one-row task that has ended; nil for any other.
    package let result: Predictions?
    /// Whether the keeper has deleted the results.
    package let isSwept: Bool
}
