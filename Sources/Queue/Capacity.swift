internal import Core
package import Store

/// How full the service is, against the bounds at which it refuses work.
package struct Fullness: Sendable, Equatable {
    /// Rows that wait or run, and how many may.
    package let rows: Int
    package let maximumRows: Int
    /// Bytes of the database that hold something; nil where only the server knows.
    package let storedBytes: Int?
    /// How many may; nil for as many as the disk has.
    package let maximumStoredBytes: Int?
    /// Bytes of free disk; nil where only the server knows.
    package let freeDiskBytes: Int64?

    /// Which bounds are reached, or nearly, and what to do; empty while there is room.
    package var reasons: [String] { [rowsReason, bytesReason, diskReason].compactMap(\.self) }

    private var rowsReason: String? {
        guard let word = Self.word(rows, of: maximumRows) else { return nil }
        return "The queue is \(word): \(rows) rows wait, and at most \(maximumRows) may; start more workers, or raise "
            + "SIBYL_MAX_WAITING_ROWS."
    }

    private var bytesReason: String? {
        guard let storedBytes, let maximumStoredBytes, let word = Self.word(storedBytes, of: maximumStoredBytes) else {
            return nil
        }
        return
            "The database is \(word): \(storedBytes >> 20) MiB are stored, and at most \(maximumStoredBytes >> 20) may "
            + "be; delete tasks, shorten SIBYL_RETENTION_HOURS, or raise SIBYL_MAX_STORED_MB."
    }

    private var diskReason: String? {
        guard let freeDiskBytes, freeDiskBytes < Limits.lowDiskBytes else { return nil }
        let isFull = freeDiskBytes < Limits.freeDiskBytes
        return "The disk is \(isFull ? "full" : "nearly full"): \(freeDiskBytes >> 20) MiB are free, and below "
            + "\(Limits.freeDiskBytes >> 20) nothing is accepted; free some."
    }

    /// - Returns: nil while there is room.
    private static func word(_ count: Int, of maximum: Int) -> String? {
        if count >= maximum { return "full" }
        return Double(count) >= Double(maximum) * Double(Limits.nearlyFullPercent) / 100 ? "nearly full" : nil
    }
}

/// Reads how full the service is, for those who watch over it.
package struct Capacity: Sendable {
    private let database: Database
    private let readers: Readers
    private let room: Room

    /// - Parameter room: how much is accepted.
    package init(database: Database, readers: Readers, room: Room) {
        self.database = database
        self.readers = readers
        self.room = room
    }

    /// Looks at the counts that are kept, and at the disk.
    package func look() throws -> Fullness {
        try readers.read { connection in
            Fullness(
                rows: try BacklogTable.rows(in: connection), maximumRows: room.rows,
                storedBytes: try StoredBytes.used(in: connection), maximumStoredBytes: room.bytes,
                freeDiskBytes: database.freeDiskBytes)
        }
    }
}
