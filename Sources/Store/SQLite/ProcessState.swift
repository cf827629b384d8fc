internal import Glibc

/// Reads what the kernel tells of a process: proc(5).
enum ProcessState {
    /// Whether a process stands still under SIGSTOP or a debugger.
    static func isStopped(_ process: pid_t) -> Bool {
        let line = read("/proc/\(process)/stat")
        // The state follows the name, which stands in parentheses and may itself hold any character.
        guard let end = line.lastIndex(of: UInt8(ascii: ")")), end + 2 < line.count else { return false }
        return line[end + 2] == UInt8(ascii: "T") || line[end + 2] == UInt8(ascii: "t")
    }

    /// The first bytes of one of the kernel's files, at most 1,023; none when it cannot be read.
    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { return [] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1_023)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(count, 0)))
    }
}
