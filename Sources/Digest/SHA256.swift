internal import COpenSSL
package import Core
internal import Glibc

/// Computes SHA-256 by OpenSSL.
package enum SHA256 {
    /// The digest of some bytes, as 64 hexadecimal digits.
    package static func hex(of bytes: some Sequence<UInt8>) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        let bytes = Array(bytes)
        let isDone = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        precondition(isDone == 1, "SHA-256 is always there")
        return Hexadecimal.encode(digest)
    }
}

/// A file that could not be read.
package struct FileError: CodedError {
    package let operation: String
    package let reason: String

    package var code: ErrorCode { .modelInvalid }
    package var message: String { "A file could not be \(operation) (\(reason))." }
}

/// Reads whole files within a bound.
package enum FileBytes {
    /// The bytes of a file.
    ///
    /// - Parameter limit: the most bytes that it may have.
    /// - Throws: ``FileError``.
    package static func read(_ path: String, upTo limit: Int) throws -> [UInt8] {
        // Opening a named pipe would wait for somebody to write to it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 { throw failure("opened") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(operation: "read", reason: "it is no plain file")
        }
        if Int(status.st_size) > limit {
            throw FileError(operation: "read", reason: "it is larger than \(limit) bytes")
        }
        return try read(descriptor, count: Int(status.st_size))
    }

    private static func read(_ descriptor: Int32, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let taken = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + done, count - done) }
            if taken == 0 { throw FileError(operation: "read", reason: "it shrank meanwhile") }
            if taken < 0, errno != EINTR { throw failure("read") }
            done += max(0, taken)
        }
        return bytes
    }

    private static func failure(_ operation: String) -> FileError {
        FileError(operation: operation, reason: String(cString: strerror(errno)))
    }
}
