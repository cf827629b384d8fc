internal import Glibc

/// A file that a process keeps locked while it lives; the kernel frees it the moment the process dies.
final class LockFilePresence: Presence, @unchecked Sendable {  // @unchecked because the file is only held
    private let file: LockFile
    private let path: String

    init(path: String) throws {
        self.path = path
        file = try LockFile(path: path)
        guard try file.tryLock() else { throw StoreError.gateUnusable(reason: "the owner's file is in use") }
    }

    let renewal: Duration? = nil
    func renew() {}
    func end() { unlink(path) }
}

/// A file that a process keeps locked while it works alone with the database.
final class LockFileElection: Election {
    private let file: LockFile
    private var isWon = false

    init(file: LockFile) { self.file = file }

    func tryWin() throws -> Bool {
        if !isWon { isWon = try file.tryLock() }
        return isWon
    }

    func resign() {
        isWon = false
        file.unlock()
    }
}
