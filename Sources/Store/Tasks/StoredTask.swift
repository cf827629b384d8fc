package import Core

/// A task as the database has it.
///
/// A class, because it is handed through half a dozen calls, and each copy of a struct would count a reference for each
/// of its texts; those of its model are shared by all threads.
package final class StoredTask: Sendable {
    /// The task's key in the database, which starts the keys of its chunks.
    package let key: Int64
    package let task: PredictionTask
    /// What is kept of its input after its rows were scored.
    package let kept: KeptInput
    /// The result of a one-row task that has ended; nil for any other.
    package let result: Predictions?
    /// How its stream turned out to be written, as JSON; nil for rows that came in a JSON body.
    package let inputFormat: String?
    /// What the caller should know of the input, as a JSON array; nil when there is nothing.
    package let warnings: String?
    /// Whether the keeper has deleted the results.
    package let isSwept: Bool
    /// The first of its chunks that waits; nil when none does, or the task is being stopped.
    package let next: NextChunk?

    init(
        key: Int64, task: PredictionTask, kept: KeptInput, result: Predictions?, inputFormat: String?,
        warnings: String?, isSwept: Bool, next: NextChunk? = nil
    ) {
        self.key = key
        self.task = task
        self.kept = kept
        self.result = result
        self.inputFormat = inputFormat
        self.warnings = warnings
        self.isSwept = isSwept
        self.next = next
    }
}

/// What is kept of a task's input after its rows were scored.
package enum KeptInput: String, Sendable {
    /// Nothing: the rows cannot be run again.
    case none
    /// The typed columns.
    case columns
    /// The caller's own records.
    case records
}
