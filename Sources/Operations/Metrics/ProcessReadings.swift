package import Core
internal import Glibc

/// What every process tells about itself, under the names that all Prometheus clients use.
package enum ProcessReadings {
    /// - Parameters:
    ///   - process: what the process is: `api` or `worker`.
    ///   - sqlite: the version of the storage library.
    ///   - startedAt: when the process began.
    package static func make(process: String, sqlite: String, startedAt: WallTime) -> [any MetricSource] {
        let start = Double(startedAt.milliseconds) / 1_000
        return [
            Reading(.build, labels: [process, Version.current, sqlite]) { 1 },
            Reading(.residentMemory) { try residentBytes() },
            Reading(.cpuSeconds) { try cpuSeconds() },
            Reading(.openDescriptors) { try openDescriptors() },
            Reading(.startTime) { start },
        ]
    }

    /// What the kernel would not tell.
    private struct Unreadable: Error {}

    /// The second number of `/proc/self/statm` is the resident pages: proc(5).
    private static func residentBytes() throws -> Double {
        guard let file = fopen("/proc/self/statm", "re") else { throw Unreadable() }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, 256, file) != nil else { throw Unreadable() }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { throw Unreadable() }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func cpuSeconds() throws -> Double {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { throw Unreadable() }
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    private static func openDescriptors() throws -> Double {
        guard let folder = opendir("/proc/self/fd") else { throw Unreadable() }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not `.`, `..` and the folder itself.
        return Double(count - 3)
    }
}
