internal import Core

/// Reads what became of rows that were run again.
extension TaskStore {
    /// The tasks that run a task's failed rows again and still have results, newest first.
    ///
    /// - Parameter limit: tasks at most.
    package func retries(of task: StoredTask, limit: Int) throws -> [StoredTask] {
        try readers.read { try TaskTable.retries(of: task.key, limit: limit, models: models, in: $0) }
    }

    /// The stored result of the chunk that has a row, or else of the first chunk behind it.
    ///
    /// - Parameter position: a chunk before which nothing is looked for.
    /// - Returns: nil when no result of the row or a later one is stored.
    package func result(of task: StoredTask, from position: Int, reaching row: Int) throws -> ResultPage.Part? {
        if let result = task.result { return row == 0 ? Self.single(result) : nil }
        return try readers.read { connection in
            try ResultTable.part(of: task.key, from: position, reaching: row, in: connection)
        }
    }

    /// The result of the next chunk, from a position on, of which rows may have failed that a retry runs again.
    ///
    /// Those are the chunks whose columns are kept: a chunk whose rows all succeeded loses them, unless the whole task keeps
    /// them.
    package func failures(of task: StoredTask, from position: Int) throws -> ResultPage.Part? {
        if let result = task.result { return position == 0 ? Self.single(result) : nil }
        return try readers.read { connection in
            guard let key = try PayloadTable.next(of: task.key, from: position, in: connection) else { return nil }
            return try ResultTable.part(key, in: connection)
        }
    }

    private static func single(_ result: Predictions) -> ResultPage.Part {
        ResultPage.Part(predictions: result, firstRow: 0, rows: 0..<result.count)
    }
}
