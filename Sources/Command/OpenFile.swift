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

    /// A system's error in words.
    static func words(_ error: Int32) -> String { String(cString: strerror(error)) }
}
