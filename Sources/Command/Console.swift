internal import Core
internal import Glibc

/// Writes to the terminal, or to wherever output goes.
enum Console {
    static func write(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }

    static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Hands on a piece of something long, which must not be cut without a word.
    ///
    /// - Throws: ``ClientError`` when it cannot be written, such as to a full disk. Where nobody reads any more, the process
    ///   ends as a broken pipe would end it.
    static func stream(_ bytes: [UInt8]) throws {
        guard let error = OpenFile.write(bytes, to: STDOUT_FILENO) else { return }
        if error == EPIPE { exit(128 + SIGPIPE) }
        throw ClientError(
            code: .internalError, message: "The output cannot be written (\(OpenFile.words(error))).", exitCode: 1)
    }

    /// Tells a person what went wrong, on standard error.
    static func writeError(_ text: String) { write(Array("sibyl: \(text)\n".utf8), to: STDERR_FILENO) }

    /// Tells a person something beside the output, on standard error.
    static func writeNote(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

    /// Shows progress in place, on standard error.
    static func writeProgress(_ text: String) { write(Array("\r\u{1B}[K\(text)".utf8), to: STDERR_FILENO) }

    /// Whether a person watches standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether a person reads standard output.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        // Nobody reads any more: there is no one to tell.
        _ = OpenFile.write(bytes, to: descriptor)
    }
}
