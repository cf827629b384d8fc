internal import Core

/// Copies the tables of a database that nobody serves into one of the other engine, and compares both.
///
/// Comes from: a source and a target, one of them a SQLite file. Goes to: the move, which decides when.
package final class TableMove {
    private let source: Writer
    /// What is copied need not be on disk before the next: the last commit of all brings everything there.
    private let target: Writer
    private let log: any LogKeeping
    private let tables: [MovedTable]

    /// - Throws: what the engines throw; both have their schema.
    package init(from source: Database, to target: Database) throws {
        self.source = try source.makeWriter(.relaxed)
        self.target = try target.makeWriter(.relaxed)
        log = try target.makeLogKeeper()
        let sqlite = source.engine == .sqlite ? self.source : self.target
        tables = try sqlite.read { try MovedTable.all(in: $0) }
    }

    // MARK: The target

    /// A table of the target in which something stands; nil when it is as new.
    package func usedTable(in connection: Connection) throws -> String? {
        for name in ["owner", "backlog"] {
            let isUsed = try connection.first("SELECT 1 FROM \(name) LIMIT 1") { _ in true } ?? false
            if isUsed { return name }
        }
        return try tables.first { try !$0.isEmpty(in: connection) }?.name
    }

    package func prepare(_ connection: Connection) throws {
        for table in tables { try table.empty(in: connection) }
        try connection.run("DELETE FROM backlog")
        try MovedProgress.makeTable(for: tables.map(\.name), in: connection)
    }

    /// Makes the target as new again.
    package func abandon(_ connection: Connection) throws {
        try MovedProgress.dropTable(in: connection)
        for table in tables.reversed() { try table.empty(in: connection) }
        try connection.run("DELETE FROM backlog")
    }

    // MARK: Copying

    /// Copies what is not there yet, table by table, a few MB in a transaction.
    ///
    /// - Parameter onProgress: told of the table and the rows that are there.
    package func copy(onProgress: (String, Int) -> Void) throws {
        for table in tables {
            var progress = try target.read { try MovedProgress.read(table.name, in: $0) }
            while !progress.isDone {
                let rows = try nextRows(of: table, &progress)
                try target.transaction { connection in
                    try table.insert(rows, in: connection)
                    try progress.write(table.name, in: connection)
                }
                _ = try log.checkpointIfNeeded(isIdle: false)
                onProgress(table.name, progress.rows)
            }
        }
    }

    /// Reads rows of a few MB, so that no transaction of the target waits for the source.
    private func nextRows(of table: MovedTable, _ progress: inout MovedProgress) throws -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        var bytes = 0
        try source.read { connection in
            while bytes < Limits.movedBytes, rows.count < Limits.movedRows, !progress.isDone {
                var count = 0
                try table.forEachRow(after: progress.last, in: connection) { values in
                    progress.digest.add(values)
                    progress.last = try table.key(of: values)
                    rows.append(values)
                    count += 1
                    bytes += values.reduce(0) { $0 + $1.bytes }
                    return bytes < Limits.movedBytes
                }
                progress.isDone = count < table.pageRows && bytes < Limits.movedBytes
            }
        }
        progress.rows += rows.count
        return rows
    }

    // MARK: Counts

    /// Counts the backlog anew, and lets new keys begin behind all that were ever given.
    package func settle() throws {
        let entries = try source.read { try BacklogTable.all(in: $0) }
        try target.transaction { connection in
            try connection.run("DELETE FROM backlog")
            for entry in entries { try Self.count(entry, in: connection) }
        }
        for name in tables.map(\.name) + ["owner"] {
            guard let last = try source.read({ try MovedSequence.last(of: name, in: $0) }) else { continue }
            try target.transaction { try MovedSequence.set(last, of: name, in: $0) }
        }
    }

    private static func count(_ entry: BacklogTable.Entry, in connection: Connection) throws {
        let share = connection.engine == .postgres ? ("share, ", "0, ") : ("", "")
        try connection.run(
            """
            INSERT INTO backlog (model, \(share.0)rows, cost_us) SELECT ?1, \(share.1)
                (SELECT coalesce(sum(rows), 0) FROM (SELECT rows FROM chunk WHERE model = ?1
                    UNION ALL SELECT rows FROM parked WHERE model = ?1) AS waiting), ?2
            """, .integer(entry.model), entry.rowCost.map(SQLValue.real) ?? .null(.real))
    }

    // MARK: Comparing

    /// Looks for tables in which the target has other rows than the source had when they were copied, or has now.
    ///
    /// - Returns: what differs, in words; empty when nothing does.
    package func differences(onProgress: (String) -> Void) throws -> [String] {
        try tables.compactMap { table in
            onProgress(table.name)
            let copied = try target.read { try MovedProgress.read(table.name, in: $0) }
            let there = try digest(of: table)
            let counted = try source.read { try table.count(in: $0) }
            if there.rows != counted { return "\(table.name) has \(there.rows) rows instead of \(counted)" }
            return there.digest == copied.digest ? nil : "\(table.name) has other content"
        }
    }

    /// Reads a table of the target from the first row to the last.
    private func digest(of table: MovedTable) throws -> MovedProgress {
        var progress = MovedProgress()
        while !progress.isDone {
            let before = progress.rows
            try target.read { connection in
                try table.forEachRow(after: progress.last, in: connection) { values in
                    progress.digest.add(values)
                    progress.last = try table.key(of: values)
                    progress.rows += 1
                    return true
                }
            }
            progress.isDone = progress.rows - before < table.pageRows
        }
        return progress
    }

    /// Reads all blobs of the target.
    ///
    /// - Returns: the first that fail their checksums, in words.
    package func blobFaults(onProgress: (Int) -> Void) throws -> [String] {
        try target.read { try StoredBlob.faults(in: $0, onProgress: onProgress) }
    }

    /// Asks the target, which is large and of which the server knows nothing yet, a question over whole tables.
    package func look<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try target.transaction { connection in
            if connection.engine == .postgres {
                try connection.execute(script: "SET LOCAL work_mem = '\(Limits.movedLookMegabytes)MB'")
                for table in tables { try connection.execute(script: "ANALYZE \"\(table.name)\"") }
            }
            return try body(connection)
        }
    }

    /// Takes away what only the move needed.
    package static func removeProgress(in connection: Connection) throws { try MovedProgress.dropTable(in: connection) }
}

extension SQLValue {
    /// About what a value takes in memory.
    fileprivate var bytes: Int {
        switch self {
        case .null, .integer, .real: 16
        case .text(let text): 16 + text.utf8.count
        case .blob(let bytes): 32 + bytes.count
        }
    }
}
