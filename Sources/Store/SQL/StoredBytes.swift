/// How much of its room a database uses.
package enum StoredBytes {
    /// Bytes of the database that hold something; nil where only the server knows: its tables do not shrink when rows go.
    package static func used(in connection: Connection) throws -> Int? {
        connection.engine == .sqlite ? try DatabasePages(in: connection).usedBytes : nil
    }
}
