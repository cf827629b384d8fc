import Core
import Glibc

/// Turns Windows-1252 or UTF-16 into UTF-8, a piece at a time, by the C library's iconv.
///
/// A descriptor is opened for each piece: the transcoder stays a value, and only whole characters are given to iconv,
/// so that it has nothing to remember. A character that does not exist becomes the byte FF, which UTF-8 never has:
/// it then fails its row where it stands in an input or id, and nowhere else.
struct Transcoder: Sendable {
    enum Source: String, Sendable {
        case windows1252 = "WINDOWS-1252"
        case utf16LittleEndian = "UTF-16LE"
        case utf16BigEndian = "UTF-16BE"
    }

    let source: Source
    /// The beginning of a character that an earlier piece was cut in, at most 3 bytes.
    private var carried: [UInt8] = []

    init(_ source: Source) { self.source = source }

    /// Appends a piece in UTF-8, without a character that is cut at its end.
    ///
    /// - Throws: `IntakeError` when the system has no table for the character set.
    mutating func convert(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) throws {
        guard source != .windows1252 else { return try convertWhole(bytes, into: &text) }
        let joined = carried + bytes
        let end = wholeUnits(joined)
        carried = Array(joined[end...])
        try joined[..<end].withUnsafeBytes { try convertWhole($0, into: &text) }
    }

    /// Appends what is left when the stream has ended: half a character is none.
    ///
    /// - Returns: the bytes by which that is longer than a unit, -1 to 1; 0 when nothing was left.
    mutating func finish(into text: inout [UInt8]) -> Int {
        guard !carried.isEmpty else { return 0 }
        defer { carried = [] }
        text.append(0xFF)
        return carried.count - 2
    }

    /// Where the last whole character ends: not between two bytes, nor between two surrogates.
    private func wholeUnits(_ bytes: [UInt8]) -> Int {
        let end = bytes.count & ~1
        guard end >= 2 else { return end }
        let high = source == .utf16LittleEndian ? bytes[end - 1] : bytes[end - 2]
        return high & 0xFC == 0xD8 ? end - 2 : end
    }

    /// The most bytes that one call converts: bounds the memory for its answer.
    private static let blockBytes = 16 << 10

    private func convertWhole(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        guard let descriptor = iconv_open("UTF-8", source.rawValue), Int(bitPattern: descriptor) != -1 else {
            throw IntakeError.unreadableEncoding(source.rawValue.lowercased())
        }
        defer { iconv_close(descriptor) }
        let unit = source == .windows1252 ? 1 : 2
        var position = 0
        while position < bytes.count {
            position += append(UnsafeRawBufferPointer(rebasing: bytes[position...]), to: &text, descriptor)
            guard position < bytes.count else { return }
            text.append(0xFF)
            position += unit
        }
    }

    /// Converts until a character does not exist.
    ///
    /// - Returns: the number of bytes converted.
    private func append(_ bytes: UnsafeRawBufferPointer, to text: inout [UInt8], _ descriptor: iconv_t) -> Int {
        // iconv never writes to its input; its type is older than `const`.
        var input = UnsafeMutablePointer(mutating: bytes.bindMemory(to: CChar.self).baseAddress)
        var inputLeft = bytes.count
        var isStopped = false
        while inputLeft > 0, !isStopped {
            let block = [UInt8](unsafeUninitializedCapacity: Self.blockBytes) { buffer, count in
                buffer.withMemoryRebound(to: CChar.self) { characters in
                    var output = characters.baseAddress
                    var outputLeft = characters.count
                    let result = iconv(descriptor, &input, &inputLeft, &output, &outputLeft)
                    isStopped = result == -1 && errno != E2BIG
                    count = characters.count - outputLeft
                }
            }
            text.append(contentsOf: block)
        }
        return bytes.count - inputLeft
    }
}
