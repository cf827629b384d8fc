internal import Glibc

/// Writes to open files, and says what is wrong with them.
enum OpenFile {
    /// Writes everything.
    ///
    /// - Returns: the system's error; nil for none.
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + done, bytes.count - done) }
            if written < 0, errno != EINTR { return errno }
            done += max(0, written)
        }
        return nil
    }

    /// Makes a file, or empties one, that its owner alone may open, whatever the umask.
    ///
    /// - Returns: nil when it cannot be made.
    static func makePrivate(_ path: String) -> Int32? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        fchmod(descriptor, 0o600)
        return descriptor
    }

    /// A system's error in words.
    static func words(_ error: Int32) -> String { String(cString: strerror(error)) }
}
