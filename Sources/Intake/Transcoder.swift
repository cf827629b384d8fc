import Core

/// Turns UTF-16 or UTF-32 into UTF-8, a piece at a time.
///
/// Only whole characters are converted, so that there is nothing to remember but the bytes of a cut one. A character that
/// does not exist becomes the byte FF, which UTF-8 never has: it then fails its row where it stands in an input or id, and
/// nowhere else.
struct Transcoder: Sendable {
    /// The bytes of a unit, 2 or 4.
    let width: Int
    let isBigEndian: Bool
    private let converter: CharacterConverter?
    /// The beginning of a character that an earlier piece was cut in, at most 3 bytes.
    private var carried: [UInt8] = []

    init(width: Int, isBigEndian: Bool) {
        (self.width, self.isBigEndian) = (width, isBigEndian)
        converter = CharacterConverter(from: "UTF-\(8 * width)\(isBigEndian ? "BE" : "LE")", to: "UTF-8")
    }

    /// Appends a piece in UTF-8, without a character that is cut at its end.
    ///
    /// - Throws: `IntakeError` when the system has no table for the character set.
    mutating func convert(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) throws {
        guard let converter else { throw IntakeError.unreadableEncoding("utf-\(8 * width)") }
        let joined = carried + bytes
        let end = wholeUnits(joined)
        carried = Array(joined[end...])
        joined[..<end].withUnsafeBytes { converter.convert($0, unit: width, into: &text) }
    }

    /// Appends what is left when the stream has ended: half a character is none.
    ///
    /// - Returns: the bytes by which that is longer than a unit, negative where it is shorter; 0 when nothing was left.
    mutating func finish(into text: inout [UInt8]) -> Int {
        guard !carried.isEmpty else { return 0 }
        defer { carried = [] }
        text.append(0xFF)
        return carried.count - width
    }

    /// Where the last whole character ends: not within a unit, nor between two surrogates.
    private func wholeUnits(_ bytes: [UInt8]) -> Int {
        let end = bytes.count / width * width
        guard width == 2, end >= 2 else { return end }
        let high = isBigEndian ? bytes[end - 2] : bytes[end - 1]
        return high & 0xFC == 0xD8 ? end - 2 : end
    }
}
