internal import Core
package import Store

/// Makes a database that comes from a backup fit to be served: none of the processes in it is alive.
package enum Restoration {
    /// Frees what the processes of the backup's moment held.
    ///
    /// Their chunks wait again, unharmed: nobody crashed. Uploads that may go on after a break may go on; others are
    /// stopped. Nothing runs before somebody resumes the queue: a copy that is looked at beside the original must not score
    /// everything twice.
    ///
    /// - Returns: the number of processes that were taken off the list.
    @discardableResult
    package static func prepare(_ connection: Connection) throws -> Int {
        try PauseTable.pause(PauseTable.all, at: WallTime(milliseconds: 0), in: connection)
        return try free(connection)
    }

    /// Frees what processes held of which none is alive, and takes them off the list.
    ///
    /// - Returns: their number.
    @discardableResult
    static func free(_ connection: Connection) throws -> Int {
        try KeeperTable.clear(in: connection)
        let owners = try OwnerTable.all(in: connection)
        for owner in owners {
            _ = try OwnerTable.delete(owner.key, in: connection)
            try ChunkTable.releaseAll(of: owner.key, in: connection)
            _ = try Stopping.breakUploads(of: owner.key, resumableUntil: nil, in: connection)
        }
        return owners.count
    }
}
