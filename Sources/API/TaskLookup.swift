internal import Core
internal import HTTP
internal import Store

/// Finds the task that a request's path names.
struct TaskLookup {
    let context: APIContext

    /// - Throws: ``APIError/taskNotFound`` for an unknown or another owner's task, ``APIError/taskExpired`` for a swept one.
    func task(of request: HTTPRequest, named parameter: String = "id") throws -> StoredTask {
        guard let id = TaskID(request.parameter(parameter)),
            let stored = try context.tasks.task(id, owner: APIContext.owner)
        else { throw APIError.taskNotFound }
        if stored.isSwept { throw APIError.taskExpired }
        return stored
    }
}
