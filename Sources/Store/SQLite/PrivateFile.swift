internal import Glibc

/// Keeps what is stored from other accounts of the machine, whatever the umask of the process.
enum PrivateFile {
    /// Makes a file for its owner alone before SQLite does, which would let everybody read it.
    ///
    /// Never opens a file that is there: to close it again would drop the locks that SQLite holds on it. The log and its
    /// index get the file's own rights from SQLite when it makes them.
    static func prepare(_ path: String) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            fchmod(descriptor, 0o600)
            close(descriptor)
        }
        // Those of a database that was made before, or by another program. One that cannot be made is SQLite's to tell.
        for suffix in ["", "-wal", "-shm"] { restrict(path + suffix) }
    }

    /// Takes from others what rights they have on a file or folder; one of another account stays as it is.
    static func restrict(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return }
        chmod(path, status.st_mode & 0o7700)
    }

    /// The same for an open file that is none of SQLite's.
    static func restrict(_ descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & 0o777 != 0o600 else { return }
        fchmod(descriptor, 0o600)
    }
}

extension DatabaseFiles {
    /// The files of the database that other accounts of this machine may open.
    package var exposedFiles: [String] {
        [path, log, path + "-shm", turn, gate, alone, doors, owners].filter(Self.isExposed)
    }

    /// The folder, when others may list it: they see the names and sizes of what is in it.
    package var exposedFolder: String? { Self.isExposed(folder) ? folder : nil }

    private static func isExposed(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }
}
