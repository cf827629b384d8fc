internal import Core
internal import Glibc
internal import Operations

/// A file that appears whole or not at all: written beside its place, on disk, then named.
///
/// It never takes the place of a file that is there unless that was said, and never that of the input it is made from.
final class OutputFile {
    /// As the person typed it.
    let path: String
    private let place: String
    private let unfinishedPath: String
    private let replaces: Bool
    private let descriptor: Int32
    private var isFinished = false

    /// Makes the unfinished file, so that a place that cannot be written is known before anything is begun.
    ///
    /// - Parameters:
    ///   - replaces: whether it may take the place of a file that is there.
    ///   - input: the file that is submitted; nil where there is none.
    /// - Throws: `UsageError` when the file must not, or cannot, be made.
    init(_ path: String, replaces: Bool, input: FileIdentity? = nil) throws {
        self.path = path
        self.replaces = replaces
        let old = try Self.check(path, replaces: replaces, input: input)
        // A link stays what it is; the file that it leads to is replaced.
        place =
            realpath(path, nil).map { resolved in
                defer { free(resolved) }
                return String(cString: resolved)
            } ?? path
        // A name of its own: whatever else lies there is somebody's.
        unfinishedPath = "\(place).\(String(UInt32.random(in: 0...UInt32.max), radix: 36)).part"
        descriptor = open(unfinishedPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, old ?? 0o666)
        if descriptor < 0 { throw UsageError("\(path) cannot be made (\(OpenFile.words(errno))).") }
        Interruption.unfinished(unfinishedPath)
        // Who may read the old file may read the new one, whatever the mask of this process is.
        if let old { fchmod(descriptor, old) }
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(unfinishedPath) }
        Interruption.unfinished(nil)
    }

    /// - Returns: the permissions of the file that is replaced; nil where there is none.
    private static func check(_ path: String, replaces: Bool, input: FileIdentity?) throws -> mode_t? {
        if let input, FileIdentity(path: path) == input {
            throw UsageError("\(path) is the file that is submitted; name another one with --out.")
        }
        var status = stat()
        // A link that leads nowhere is there too.
        guard lstat(path, &status) == 0 else { return nil }
        let leadsSomewhere = stat(path, &status) == 0
        if leadsSomewhere, status.st_mode & S_IFMT != S_IFREG {
            throw UsageError("\(path) is not a plain file; name another one with --out.")
        }
        guard replaces else {
            throw UsageError("\(path) is there already; name another file, or replace it with --force.")
        }
        guard leadsSomewhere else {
            throw UsageError("\(path) is a link that leads nowhere; remove it, or name another file.")
        }
        return status.st_mode & 0o777
    }

    /// Begins again with an empty file.
    func clear() throws {
        try check(ftruncate(descriptor, 0))
        try check(Int32(truncatingIfNeeded: lseek(descriptor, 0, SEEK_SET)))
    }

    func write(_ bytes: [UInt8]) throws {
        if let error = OpenFile.write(bytes, to: descriptor) { throw failure(error) }
    }

    /// Puts the file in its place.
    ///
    /// - Throws: ``ClientError`` when it cannot be, or when another file was made there meanwhile.
    func finish() throws {
        try check(fsync(descriptor))
        if replaces { try check(rename(unfinishedPath, place)) } else { try takeFreePlace() }
        isFinished = true
        try syncFolder()
    }

    /// A second name can only be made where there is none, which a look beforehand could not promise.
    private func takeFreePlace() throws {
        if link(unfinishedPath, place) == 0 { return try check(unlink(unfinishedPath)) }
        var status = stat()
        // Some file systems have no second names; there a look must do.
        guard errno != EEXIST, lstat(place, &status) != 0 else { throw failure(EEXIST) }
        try check(rename(unfinishedPath, place))
    }

    /// The name is on disk once the folder is.
    private func syncFolder() throws {
        let end = place.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = open(end.map { $0 == place.startIndex ? "/" : String(place[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
        if folder < 0 { throw failure(errno) }
        defer { close(folder) }
        try check(fsync(folder))
    }

    private func check(_ outcome: Int32) throws { if outcome < 0 { throw failure(errno) } }

    private func failure(_ error: Int32) -> ClientError {
        ClientError(
            code: .internalError, message: "\(path) cannot be written (\(OpenFile.words(error))).", exitCode: 1)
    }
}

/// Tells whether two paths, or an open file and a path, are one file: through links of every kind.
struct FileIdentity: Equatable {
    private let device: UInt64
    private let inode: UInt64

    /// - Returns: nil where there is no such file.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    init?(descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }
}
