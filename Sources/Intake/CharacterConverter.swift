import Core
import Glibc

/// One direction between two character sets, by the C library's iconv.
///
/// A descriptor holds the state of a conversion, so each call begins anew, and one call runs at a time:
/// <https://man7.org/linux/man-pages/man3/iconv.3.html>.
// @unchecked because the descriptor is used under the lock only.
final class CharacterConverter: @unchecked Sendable {
    private let descriptor: iconv_t
    private let lock: UnsafeMutablePointer<pthread_mutex_t>

    /// - Returns: nil when the system knows no such pair.
    init?(from source: String, to target: String) {
        guard let descriptor = iconv_open(target, source), Int(bitPattern: descriptor) != -1 else { return nil }
        self.descriptor = descriptor
        lock = .allocate(capacity: 1)
        pthread_mutex_init(lock, nil)
    }

    deinit {
        iconv_close(descriptor)
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    /// Appends bytes in the other character set.
    ///
    /// - Parameters:
    ///   - unit: the bytes that are skipped where no character stands.
    ///   - substitute: what stands for these.
    func convert(
        _ bytes: UnsafeRawBufferPointer, unit: Int = 1, substitute: [UInt8] = [0xFF], into text: inout [UInt8]
    ) {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        iconv(descriptor, nil, nil, nil, nil)
        var position = 0
        while position < bytes.count {
            position += append(UnsafeRawBufferPointer(rebasing: bytes[position...]), to: &text)
            guard position < bytes.count else { break }
            text.append(contentsOf: substitute)
            position += min(unit, bytes.count - position)
        }
        flush(into: &text)
    }

    /// The most bytes that one call of the library writes: bounds the memory for its answer.
    private static let blockBytes = 16 << 10

    /// Converts until a character does not exist.
    ///
    /// - Returns: the number of bytes converted.
    private func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8]) -> Int {
        // iconv never writes to its input; its type is older than `const`.
        var input = UnsafeMutablePointer(mutating: bytes.bindMemory(to: CChar.self).baseAddress)
        var inputLeft = bytes.count
        var isStopped = false
        while inputLeft > 0, !isStopped {
            write(upTo: min(Self.blockBytes, 4 * bytes.count + 16), into: &text) { output, outputLeft in
                let result = iconv(descriptor, &input, &inputLeft, output, outputLeft)
                isStopped = result == -1 && errno != E2BIG
            }
        }
        return bytes.count - inputLeft
    }

    /// Writes what the library holds back of a last character.
    private func flush(into text: inout [UInt8]) {
        write(upTo: 64, into: &text) { output, outputLeft in iconv(descriptor, nil, nil, output, outputLeft) }
    }

    private func write(
        upTo count: Int, into text: inout [UInt8],
        _ convert: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>, UnsafeMutablePointer<Int>) -> Void
    ) {
        let block = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                var output = characters.baseAddress
                var outputLeft = characters.count
                convert(&output, &outputLeft)
                written = characters.count - outputLeft
            }
        }
        text.append(contentsOf: block)
    }
}
