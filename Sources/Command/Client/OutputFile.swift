internal import Core
internal import Glibc
internal import Operations

/// A file that appears whole or not at all: written beside its place, on disk, then named.
final class OutputFile {
    private let path: String
    private let descriptor: Int32
    private var isFinished = false

    private var unfinishedPath: String { path + ".part" }

    /// Makes the unfinished file, so that a place that cannot be written is known before anything is begun.
    init(_ path: String) throws {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw UsageError("\(path) is not a plain file; name another with --out.")
        }
        self.path = path
        descriptor = open(path + ".part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw UsageError("\(path).part cannot be made (\(OpenFile.words(errno))).") }
        Interruption.unfinished(unfinishedPath)
    }

    deinit {
        close(descriptor)
        if !isFinished { unlink(unfinishedPath) }
        Interruption.unfinished(nil)
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
    func finish() throws {
        try check(fsync(descriptor))
        try check(rename(unfinishedPath, path))
        isFinished = true
        try syncFolder()
    }

    /// The name is on disk once the folder is.
    private func syncFolder() throws {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = open(end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
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
