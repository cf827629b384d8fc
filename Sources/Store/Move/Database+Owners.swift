internal import Core

extension Database {
    /// Whether a process lives that works with the database.
    ///
    /// A server's processes may lose their connection for a moment, so that this waits about a second for theirs.
    package func hasLivingOwners() throws -> Bool {
        if engine == .sqlite {
            return try DatabaseFiles.names(in: files.owners).contains {
                try LockFile.isHeld(at: files.owners + "/" + $0)
            }
        }
        var boots = try makeWriter(.relaxed).read { try $0.all("SELECT boot FROM owner") { $0.text(0) } }
        let pause = Signal()
        for _ in 0...Limits.absences {
            boots = try boots.filter { try !isGone($0) }
            if boots.isEmpty { return false }
            pause.wait(for: Limits.rescuePoll)
        }
        return true
    }
}
