/// One request for predictions, from its acceptance to its last result.
///
/// ```
/// pending ──► processing ──► completed | completed_with_errors | failed
///    └────────────┴── cancelling ──► cancelled        (a deadline ends in expired)
/// ```
package struct PredictionTask: Sendable, Equatable {
    /// Where a task stands.
    package enum Status: String, Sendable, CaseIterable {
        /// Accepted; no row has been scored. Left by the first completed chunk, or by cancelling.
        case pending
        /// Some rows are scored. Left by the last completed chunk, or by cancelling.
        case processing
        /// Every row succeeded. Final.
        case completed
        /// Every row is done and some failed. Final.
        case completedWithErrors = "completed_with_errors"
        /// No row succeeded, or the input never became whole. Final.
        case failed
        /// Asked to stop; leased chunks may still end. Left by the keeper.
        case cancelling
        /// Stopped; rows scored before stay readable. Final.
        case cancelled
        /// Its deadline passed. Final.
        case expired

        package var isFinal: Bool {
            switch self {
            case .pending, .processing, .cancelling: false
            case .completed, .completedWithErrors, .failed, .cancelled, .expired: true
            }
        }
    }

    /// How the rows stand; the parts always add up to the total.
    package struct RowCounts: Sendable, Equatable {
        package var total: Int
        package var processing: Int
        package var succeeded: Int
        package var failed: Int
        /// Rows that will never run because their task was stopped, or its upload broke.
        package var cancelled: Int
        /// Rows that will never run because their task's deadline passed.
        package var expired: Int

        package init(
            total: Int, processing: Int = 0, succeeded: Int = 0, failed: Int = 0, cancelled: Int = 0, expired: Int = 0
        ) {
            self.total = total
            self.processing = processing
            self.succeeded = succeeded
            self.failed = failed
            self.cancelled = cancelled
            self.expired = expired
        }

        package var done: Int { succeeded + failed }
        package var pending: Int { total - processing - done - cancelled - expired }
    }

    /// How much of the input has come.
    package enum InputState: String, Sendable, CaseIterable {
        /// More rows may follow. Left by seal, or by a broken upload.
        case receiving
        /// All rows are here. Final.
        case complete
        /// The upload ended before its end. Final.
        case broken
    }

    /// How a task came to be.
    package enum Source: String, Sendable, CaseIterable {
        /// Submitted, to be asked for later.
        case async
        /// Answered in its own request.
        case sync
    }

    /// What a task has to do with the one whose rows it runs again.
    package enum Relation: String, Sendable, CaseIterable {
        /// It runs those rows that failed.
        case retry
        /// It runs all rows, with another version of the model.
        case rerun
    }

    package var id: TaskID
    /// Whom the task belongs to.
    package var owner: String
    /// A campaign's name, at most ``Limits/taskNameBytes``; nil when none was given.
    package var name: String?
    /// The caller's own words for the task, at most ``Limits/metadataStrings``.
    package var metadata: [String: String] = [:]
    package var source = Source.async
    package var model: ModelIdentity
    package var output: ModelOutput
    package var priority: Priority
    package var status: Status
    package var input: InputState
    package var inputBytes: Int
    package var rows: RowCounts
    /// Why the task as a whole failed.
    package var failure: ErrorCode?
    /// What its sender was told when its input was refused, at most ``Limits/refusalBytes``; nil where the code says all.
    package var refusal: String?
    package var createdAt: WallTime
    package var startedAt: WallTime?
    package var completedAt: WallTime?
    /// When rows that have not run are given up.
    package var deadline: WallTime?
    /// Until when results are kept.
    package var resultsUntil: WallTime?
    /// Grows with every visible change.
    package var revision: Int

    package init(
        id: TaskID, owner: String, name: String? = nil, model: ModelIdentity, output: ModelOutput,
        priority: Priority = .normal, status: Status = .pending, input: InputState = .complete, inputBytes: Int = 0,
        rows: RowCounts, failure: ErrorCode? = nil, createdAt: WallTime, startedAt: WallTime? = nil,
        completedAt: WallTime? = nil, resultsUntil: WallTime? = nil, revision: Int = 1
    ) {
        self.id = id
        self.owner = owner
        self.name = name
        self.model = model
        self.output = output
        self.priority = priority
        self.status = status
        self.input = input
        self.inputBytes = inputBytes
        self.rows = rows
        self.failure = failure
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.resultsUntil = resultsUntil
        self.revision = revision
    }
}

/// How soon a task's rows should run, against those of others.
package enum Priority: String, Sendable, CaseIterable {
    case high
    case normal
    case low
}
