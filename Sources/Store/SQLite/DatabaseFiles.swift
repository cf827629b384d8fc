internal import Core
internal import Glibc

/// Names the files of one database: SQLite's own and, beside it, those by which the processes agree.
package struct DatabaseFiles: Sendable, Hashable {
    /// The database file, as an absolute path.
    package let path: String

    /// - Parameter path: the database file; a relative path starts at the working folder.
    package init(path: String) {
        self.path = path.hasPrefix("/") ? path : Self.workingFolder + "/" + path
    }

    /// SQLite's write-ahead log.
    ///
    /// Only its size is ever asked for: opening it would drop SQLite's locks.
    var log: String { path + "-wal" }
    /// The turnstile of the write gate.
    var turn: String { path + "-turn" }
    /// The write gate.
    var gate: String { path + "-gate" }
    /// The folder of the processes' doorbell sockets.
    package var doors: String { path + "-doors" }
    /// The folder of the files that workers keep locked while they live.
    package var owners: String { path + "-owners" }
    /// The file that a process keeps locked while it lives.
    func owner(_ boot: String) -> String { owners + "/" + boot + ".lock" }

    /// The lock of a process that works alone with the database, to move it.
    package var alone: String { path + "-alone" }

    /// The bytes of the write-ahead log; 0 when there is none.
    package var logBytes: Int {
        var status = stat()
        return stat(log, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The log as it stands now; without bytes when there is none.
    package var logState: LogState {
        var status = stat()
        guard stat(log, &status) == 0 else { return LogState() }
        return LogState(
            bytes: Int(status.st_size), changedAt: status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec)
    }

    /// The bytes of the database file; 0 when there is none.
    package var databaseBytes: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// The bytes of disk that are free for this process; 0 when that cannot be told.
    package var freeDiskBytes: Int64 {
        var status = statvfs()
        return statvfs(folder, &status) == 0 ? Int64(status.f_bavail) * Int64(status.f_frsize) : 0
    }

    /// The files of the write gate that are not there.
    package var missingLocks: [String] { [turn, gate].filter { access($0, F_OK) != 0 } }

    var folder: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }

    /// Makes the folders that are not there yet.
    ///
    /// - Throws: ``StoreError/folderUnusable(reason:)``.
    func makeFolders() throws {
        try Self.makeFolder(folder)
        for owned in [doors, owners] {
            try Self.makeFolder(owned)
            PrivateFile.restrict(owned)
        }
    }

    /// Makes a folder for its owner alone, and those above it; one that is there keeps its rights.
    private static func makeFolder(_ folder: String) throws {
        var made = ""
        let parts = folder.split(separator: "/", omittingEmptySubsequences: true)
        for (index, part) in parts.enumerated() {
            let parent = made
            made += "/" + part
            let isOwn = index == parts.count - 1
            if mkdir(made, isOwn ? 0o700 : 0o755) == 0 {
                if isOwn { chmod(made, 0o700) }
                try keepEntries(of: parent.isEmpty ? "/" : parent)
            } else if errno != EEXIST, errno != EROFS, errno != EACCES {
                throw StoreError.folderUnusable(reason: String(cString: strerror(errno)))
            }
        }
        if access(folder, W_OK) != 0 { throw StoreError.folderUnusable(reason: String(cString: strerror(errno))) }
    }

    /// Brings a folder's entries to disk: a database in a folder that a power loss takes away is lost with it.
    private static func keepEntries(of folder: String) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        if descriptor < 0 || fsync(descriptor) != 0 {
            throw StoreError.folderUnusable(reason: String(cString: strerror(errno)))
        }
    }

    /// The names of a folder's visible files; none when there is no such folder.
    static func names(in folder: String) throws -> [String] {
        guard let stream = opendir(folder) else {
            if errno == ENOENT { return [] }
            throw StoreError.folderUnusable(reason: String(cString: strerror(errno)))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static var workingFolder: String {
        guard let pointer = getcwd(nil, 0) else { return "" }
        defer { free(pointer) }
        return String(cString: pointer)
    }
}
