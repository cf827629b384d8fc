/// Who receives a task's rows: a process, under a token that each takeover renews; or nobody for now.
extension TaskTable {
    /// The token of a task that waits for its input, or for more of it.
    package static let nobody: Int64 = 0

    /// The first token of a process; the ones after it, up to the next process's, are its own too.
    package static func firstToken(of owner: Int64) -> Int64 { owner << 32 }

    /// Lets another receive the task's rows from now on.
    ///
    /// - Returns: false when the task no longer receives rows.
    package static func receive(_ task: Int64, as receiver: Int64, in connection: Connection) throws -> Bool {
        try connection.run(
            "UPDATE task SET receiver = ? WHERE key = ? AND input_state = 'receiving'",
            .integer(receiver), .integer(task)) == 1
    }

    /// How much of a task's input is stored; nil when it no longer receives rows, or may not go on after a break.
    package static func received(of task: Int64, in connection: Connection) throws -> (bytes: Int, rows: Int)? {
        try connection.first(
            """
            SELECT input_bytes, rows FROM task JOIN input ON input.task = task.key
            WHERE task.key = ? AND input_state = 'receiving' AND idle_until_ms IS NOT NULL
            """, .integer(task)
        ) { ($0.int(0), $0.int(1)) }
    }

    /// Whether a task receives its rows under a token.
    package static func isReceived(_ task: Int64, by receiver: Int64, in connection: Connection) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM task WHERE key = ? AND receiver = ?", .integer(task), .integer(receiver)
        ) { _ in true } ?? false
    }

    /// Lets go of a task whose upload broke and may go on.
    ///
    /// - Returns: false when another has taken over already.
    package static func release(_ task: Int64, from receiver: Int64, in connection: Connection) throws -> Bool {
        try connection.run(
            "UPDATE task SET receiver = ? WHERE key = ? AND receiver = ?",
            .integer(nobody), .integer(task), .integer(receiver)) == 1
    }

    /// The tasks whose rows a process was receiving, each with its token, and whether its upload may go on elsewhere.
    ///
    /// Up to schema 2 the token was the process itself.
    package static func received(
        by owner: Int64, in connection: Connection
    ) throws -> [(task: Int64, receiver: Int64, isResumable: Bool)] {
        try [owner...owner, firstToken(of: owner)...firstToken(of: owner + 1) - 1].flatMap { tokens in
            try connection.all(receivedSQL, .integer(tokens.lowerBound), .integer(tokens.upperBound)) {
                (task: $0.integer(0), receiver: $0.integer(1), isResumable: $0.int(2) != 0)
            }
        }
    }

    static let receivedSQL = """
        SELECT key, receiver, EXISTS (SELECT 1 FROM input WHERE task = key AND idle_until_ms IS NOT NULL)
        FROM task WHERE receiver BETWEEN ? AND ?
        """
}
