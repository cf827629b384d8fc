internal import Core
internal import Store

/// Reads a task's results in order, a page at a time, and waits for more while the task runs.
///
/// Each page is a read of its own: no cursor stays open while an answer is sent.
struct ResultReading {
    private(set) var stored: StoredTask
    private var place: ResultPlace
    private let context: APIContext
    private let withRecords: Bool
    /// Whether to wait for results that are still to come.
    private let follows: Bool
    private let wholeChunks: Bool

    /// - Parameter wholeChunks: whether no chunk is parted between two pages.
    init(
        _ stored: StoredTask, from place: ResultPlace = .start, context: APIContext, withRecords: Bool, follows: Bool,
        wholeChunks: Bool = false
    ) {
        self.wholeChunks = wholeChunks
        self.stored = stored
        self.place = place
        self.context = context
        self.withRecords = withRecords
        self.follows = follows
    }

    /// The next results; nil when there are no more, or, without following, no more yet.
    ///
    /// - Parameter limit: how many at most.
    /// - Throws: ``APIError/taskExpired`` when the results were deleted meanwhile.
    mutating func next(_ limit: Int = Limits.runRows) async throws -> ResultPage? {
        while true {
            let page = try await context.reading.read {
                [tasks = context.tasks, stored, place, withRecords, wholeChunks] in
                try tasks.results(
                    of: stored, from: place, limit: limit, withRecords: withRecords, wholeChunks: wholeChunks)
            }
            if !page.parts.isEmpty {
                place = page.next
                return page
            }
            if stored.task.status.isFinal || !follows { return nil }
            let changed = try await context.changes.change(
                of: stored.task.id, past: stored.task.revision, within: Limits.followWait)
            if let changed { stored = changed }
            if stored.isSwept { throw APIError.taskExpired }
        }
    }
}
