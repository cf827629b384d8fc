internal import Glibc

/// Writes to the terminal, or to wherever output goes.
enum Console {
    static func write(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Tells a person what went wrong, on standard error.
    static func writeError(_ text: String) { write(Array("sibyl: \(text)\n".utf8), to: STDERR_FILENO) }

    /// Shows progress in place, on standard error.
    static func writeProgress(_ text: String) { write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO) }

    /// Whether a person watches standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            // Nobody reads any more: there is no one to tell.
            if written < 0, errno != EINTR { return }
            done += max(0, written)
        }
    }
}
