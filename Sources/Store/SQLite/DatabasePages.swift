/// How many pages a database has, and how many of them hold nothing.
package struct DatabasePages {
    let count: Int
    let free: Int
    private let pageBytes: Int

    package init(in connection: Connection) throws {
        count = try connection.first("PRAGMA page_count") { $0.int(0) } ?? 0
        free = try connection.first("PRAGMA freelist_count") { $0.int(0) } ?? 0
        pageBytes = try connection.first("PRAGMA page_size") { $0.int(0) } ?? 0
    }

    /// Bytes of the pages that hold something.
    package var usedBytes: Int { (count - free) * pageBytes }
}
