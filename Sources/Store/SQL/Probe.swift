/// A row that is written to see whether the disk takes it.
package enum Probe {
    /// Changes the row; a commit must follow.
    package static func write(in connection: Connection) throws {
        try connection.run(
            "INSERT INTO probe (key, count) VALUES (1, 1) ON CONFLICT (key) DO UPDATE SET count = probe.count + 1")
    }
}
