internal import Glibc

/// A file that one holder at a time keeps locked; the kernel frees it when the holder dies.
///
/// The locks are those of `flock(2)`: they belong to the open file, so that a holder needs a descriptor of its own,
/// and are kept by children that do not exec; every descriptor is close-on-exec.
package final class LockFile {
    private let path: String
    private var descriptor: Int32

    /// Opens the file, and makes it when it is missing.
    ///
    /// - Throws: ``StoreError/gateUnusable(reason:)``.
    package init(path: String) throws {
        self.path = path
        descriptor = try Self.open(path)
    }

    deinit { close(descriptor) }

    /// Locks the file if nobody holds it.
    package func tryLock() throws -> Bool {
        while true {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                if isCurrent { return true }
                try reopen()
            } else if errno == EWOULDBLOCK {
                return false
            } else if errno != EINTR {
                throw StoreError.gateUnusable(reason: String(cString: strerror(errno)))
            }
        }
    }

    /// Waits in the kernel's queue until the lock is ours.
    ///
    /// - Returns: false when a signal ended the wait.
    func lockInterruptibly() throws -> Bool {
        while true {
            if flock(descriptor, LOCK_EX) == 0 {
                if isCurrent { return true }
                try reopen()
            } else if errno == EINTR {
                return false
            } else {
                throw StoreError.gateUnusable(reason: String(cString: strerror(errno)))
            }
        }
    }

    /// Whether a lock file is there and nobody holds it: its holder has died.
    package static func isFree(at path: String) throws -> Bool {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        // Without the file nothing can be said; the holder's beat decides then.
        if descriptor < 0 { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Whether a lock file is there and somebody holds it.
    ///
    /// - Throws: ``StoreError/gateUnusable(reason:)`` when the file is there and cannot be opened.
    static func isHeld(at path: String) throws -> Bool {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        if descriptor < 0 {
            if errno == ENOENT { return false }
            throw StoreError.gateUnusable(reason: String(cString: strerror(errno)))
        }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }

    /// Removes the file of a holder that has died.
    package static func remove(at path: String) { unlink(path) }

    package func unlock() { _ = flock(descriptor, LOCK_UN) }

    /// Notes who holds the lock, for the message that another process shows when it waited too long.
    func writeHolder() {
        var pid = getpid()
        _ = pwrite(descriptor, &pid, MemoryLayout<pid_t>.size, 0)
    }

    /// The process that noted itself last; nil when none did.
    func readHolder() -> pid_t? {
        var pid: pid_t = 0
        let count = pread(descriptor, &pid, MemoryLayout<pid_t>.size, 0)
        return count == MemoryLayout<pid_t>.size && pid > 0 ? pid : nil
    }

    /// Whether the locked file is still the one that others open: a deleted lock file guards nothing.
    private var isCurrent: Bool {
        var ours = stat()
        var theirs = stat()
        return fstat(descriptor, &ours) == 0 && stat(path, &theirs) == 0
            && ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev
    }

    private func reopen() throws {
        close(descriptor)
        descriptor = try Self.open(path)
    }

    private static func open(_ path: String) throws -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 { throw StoreError.gateUnusable(reason: String(cString: strerror(errno))) }
        PrivateFile.restrict(descriptor)
        return descriptor
    }
}
