package import Core

/// A task that reached a final status just now.
package struct EndedTask: Sendable, Equatable {
    package let id: TaskID
    package let status: PredictionTask.Status

    package init(id: TaskID, status: PredictionTask.Status) {
        self.id = id
        self.status = status
    }
}
