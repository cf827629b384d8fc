internal import CPostgres
internal import Core

/// Statements that are sent together: one way to the server and back for all of them.
extension PostgresSession {
    /// One statement that was not sent yet, with its values.
    struct QueuedStatement {
        let sql: String
        let values: [SQLValue]

        var types: [Oid] { values.map { PostgresParameter.type(of: $0) } }
    }

    /// Runs one statement with several lists of values in a pipeline: all are sent before the first answer is read.
    ///
    /// - Returns: for each list, the number of rows that were changed.
    func performEach(
        _ sql: String, _ lists: [[SQLValue]], _ body: (Int, borrowing Row) throws -> Void
    ) throws -> [Int] {
        var changes: [Int] = []
        for start in stride(from: 0, to: lists.count, by: Limits.pipelinedStatements) {
            let part = lists[start..<min(start + Limits.pipelinedStatements, lists.count)]
            let earlier = queue.count
            try pipeline(takeQueue() + part.map { QueuedStatement(sql: sql, values: $0) }) { index, result in
                guard index >= earlier else { return }
                changes.append(
                    try read(result, sql) { row in
                        try body(start + index - earlier, row)
                        return true
                    })
            }
        }
        return changes
    }

    // MARK: Statements that wait for others

    /// Keeps statements until the next one, or until so many wait that the server may as well begin.
    func enqueue(_ sql: String, _ lists: [[SQLValue]]) throws {
        for values in lists {
            queue.append(QueuedStatement(sql: sql, values: values))
            if queue.count >= Limits.pipelinedStatements { try sendQueue() }
        }
    }

    /// Keys are taken many at a time; a sequence gives each once, whatever becomes of the transaction.
    func takeKey(of table: String) throws -> Int64? {
        if keys[table]?.isEmpty ?? true {
            _ = try perform(
                "SELECT nextval(pg_get_serial_sequence(?, 'key')) FROM generate_series(1, \(Limits.keysInAdvance))",
                [.text(table)]
            ) { row in
                keys[table, default: []].append(row.integer(0))
                return true
            }
            keys[table]?.reverse()
        }
        return keys[table]?.popLast()
    }

    /// Runs what waits.
    func sendQueue() throws { if !queue.isEmpty { try pipeline(takeQueue()) { _, _ in } } }

    /// Forgets what waits.
    func forgetQueue() { queue = [] }

    func takeQueue() -> [QueuedStatement] {
        defer { queue = [] }
        return queue
    }

    /// Sends statements without waiting for an answer in between, and then reads all answers.
    ///
    /// After one that failed the server skips the others.
    ///
    /// - Parameters:
    ///   - statements: a bounded number: the server's answers must fit into what is kept on the way.
    ///   - body: is handed the answer to each, by its place.
    /// - Throws: the first error.
    func pipeline(
        _ statements: [QueuedStatement], _ body: (_ index: Int, _ result: OpaquePointer?) throws -> Void
    ) throws {
        try makeRoom(for: statements)
        // What must be prepared is, before the pipeline.
        for statement in statements where !Self.isControl(statement.sql) {
            _ = try prepared(statement.sql, statement.types)
        }
        guard PQenterPipelineMode(handle) == 1 else { throw failure("pipeline", statements[0].sql) }
        var fault: (any Error)?
        for statement in statements where fault == nil {
            do { try send(statement) } catch { fault = error }
        }
        _ = PQpipelineSync(handle)
        for (index, statement) in statements.enumerated() where fault == nil {
            let result = nextAnswer()
            defer { PQclear(result) }
            // Each answer ends with nothing.
            if result != nil, let end = nextAnswer() { PQclear(end) }
            do {
                try check(result, "execute", statement.sql)
                try body(index, result)
            } catch {
                fault = error
            }
        }
        readUpToSync()
        _ = PQexitPipelineMode(handle)
        if let fault { throw fault }
    }

    /// Passes over what is left of a pipeline's answers, up to its end.
    private func readUpToSync() {
        var empty = 0
        while empty < 2 {
            guard let rest = nextAnswer() else {
                // Each answer ends with nothing; two of them in a row come from a connection that is gone.
                empty += 1
                continue
            }
            empty = 0
            let isEnd = PQresultStatus(rest) == PGRES_PIPELINE_SYNC
            PQclear(rest)
            if isEnd { break }
        }
    }

    private func send(_ statement: QueuedStatement) throws {
        if Self.isControl(statement.sql) {
            guard PQsendQueryParams(handle, statement.sql, 0, nil, nil, nil, nil, 1) == 1 else {
                throw failure("send", statement.sql)
            }
            return
        }
        let parameters = statement.values.map { PostgresParameter($0) }
        defer { for parameter in parameters { parameter.free() } }
        let name = try prepared(statement.sql, parameters.map(\.type))
        var pointers = parameters.map(\.pointer)
        var lengths = parameters.map(\.length)
        var formats = [Int32](repeating: 1, count: parameters.count)
        guard PQsendQueryPrepared(handle, name, Int32(parameters.count), &pointers, &lengths, &formats, 1) == 1 else {
            throw failure("send", statement.sql)
        }
    }
}
