package import Core

/// How a task's stream is read: what its caller said, and what it turned out to be.
///
/// The texts are JSON of those who read the stream; the store only keeps them.
package struct StoredInput: Sendable, Equatable {
    /// `text/csv` or `application/x-ndjson`; nil while nothing has come.
    package var mediaType: String?
    /// What the caller said of it.
    package var options: String
    /// How it turned out to be written, for callers.
    package var format: String?
    /// What a scanner needs to go on behind the last row that is stored.
    package var resumption: String?
    /// What the caller should know, as an array.
    package var warnings: String?
    /// The first bad rows of an input that must be right as a whole.
    package var faults: String?
    /// The bytes before the first row.
    package var header: [UInt8]
    /// The bytes after the last row.
    package var tail: [UInt8]

    package init(
        mediaType: String? = nil, options: String, format: String? = nil, resumption: String? = nil,
        warnings: String? = nil, faults: String? = nil, header: [UInt8] = [], tail: [UInt8] = []
    ) {
        self.mediaType = mediaType
        self.options = options
        self.format = format
        self.resumption = resumption
        self.warnings = warnings
        self.faults = faults
        self.header = header
        self.tail = tail
    }
}

/// The statements on how tasks' streams are read.
package enum InputTable {
    /// Keeps what is known of a task's stream, in place of what was known before.
    ///
    /// - Parameter idleUntil: until when a broken upload may go on; nil for one that may not.
    package static func put(
        _ input: StoredInput, of task: Int64, idleUntil: WallTime?, in connection: Connection
    ) throws {
        try connection.run(
            """
            INSERT INTO input
                (task, media_type, options, format, resumption, warnings, faults, header, tail, idle_until_ms)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (task) DO UPDATE SET
                media_type = excluded.media_type, options = excluded.options, format = excluded.format,
                resumption = excluded.resumption, warnings = excluded.warnings, faults = excluded.faults,
                header = excluded.header, tail = excluded.tail, idle_until_ms = excluded.idle_until_ms
            """, .integer(task), .optional(input.mediaType), .text(input.options), .optional(input.format),
            .optional(input.resumption), .optional(input.warnings), .optional(input.faults), .blob(input.header),
            .blob(input.tail), .optional(idleUntil))
    }

    /// What is known of a task's stream; nil when its rows came otherwise.
    package static func find(_ task: Int64, in connection: Connection) throws -> StoredInput? {
        try connection.first(
            """
            SELECT media_type, options, format, resumption, warnings, faults, header, tail FROM input WHERE task = ?
            """, .integer(task)
        ) {
            StoredInput(
                mediaType: $0.optionalText(0), options: $0.text(1), format: $0.optionalText(2),
                resumption: $0.optionalText(3), warnings: $0.optionalText(4), faults: $0.optionalText(5),
                header: $0.blob(6), tail: $0.blob(7))
        }
    }

    /// Gives a broken upload more time to go on.
    ///
    /// - Returns: false when it may not go on at all.
    @discardableResult
    package static func extend(_ task: Int64, until time: WallTime, in connection: Connection) throws -> Bool {
        try connection.run(
            "UPDATE input SET idle_until_ms = ? WHERE task = ? AND idle_until_ms IS NOT NULL",
            .time(time), .integer(task)) == 1
    }

    /// Ends an upload: it may not go on any more.
    package static func close(_ task: Int64, in connection: Connection) throws {
        try connection.run(
            "UPDATE input SET idle_until_ms = NULL WHERE task = ? AND idle_until_ms IS NOT NULL", .integer(task))
    }

    /// Forgets how a task's stream was read.
    static func delete(_ task: Int64, in connection: Connection) throws {
        try connection.run("DELETE FROM input WHERE task = ?", .integer(task))
    }
}
