internal import Glibc

/// Tells whether a process that stands still keeps all others from writing.
///
/// The kernel is asked which files the process keeps locked, not the note in the lock file: a process may be stopped between
/// its lock and its note, or behind the turnstile, which bears none.
package struct GateStandstill: Sendable {
    private let files: DatabaseFiles

    package init(files: DatabaseFiles) { self.files = files }

    /// Whether a process is stopped and holds the turnstile or the gate.
    ///
    /// - Parameter process: a process of the same user; of others nothing can be told, and the answer is false.
    package func isCaused(by process: Int32) -> Bool {
        guard ProcessState.isStopped(process) else { return false }
        return [files.turn, files.gate].contains { Self.holds(process, $0) }
    }

    /// Whether a process keeps a file locked: its `fdinfo` shows each lock of an open file (proc(5)).
    private static func holds(_ process: Int32, _ path: String) -> Bool {
        var wanted = stat()
        guard stat(path, &wanted) == 0, let folder = opendir("/proc/\(process)/fd") else { return false }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            var open = stat()
            guard stat("/proc/\(process)/fd/\(name)", &open) == 0, open.st_ino == wanted.st_ino,
                open.st_dev == wanted.st_dev
            else { continue }
            let lines = String(decoding: ProcessState.read("/proc/\(process)/fdinfo/\(name)"), as: UTF8.self)
            if lines.split(separator: "\n").contains(where: { $0.hasPrefix("lock:") && $0.contains("FLOCK") }) {
                return true
            }
        }
        return false
    }
}
