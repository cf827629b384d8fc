/// Which character set the first bytes of a table show.
extension CSVEncoding {
    /// Finds the character set, what turns it into UTF-8 (nil for UTF-8 itself), and the bytes of its mark to skip.
    ///
    /// - Parameters:
    ///   - stated: what the sender says.
    ///   - isWhole: whether the table ends with these bytes.
    /// - Throws: `IntakeError` when the sender says UTF-16 and no mark tells the order of its bytes.
    static func sniff(
        _ bytes: UnsafeRawBufferPointer, stated: CSVEncoding?, isWhole: Bool
    ) throws -> (encoding: CSVEncoding, transcoder: Transcoder?, mark: Int) {
        if stated == .utf16 || stated == nil {
            if bytes.starts(with: [0xFF, 0xFE]) { return (.utf16, Transcoder(.utf16LittleEndian), 2) }
            if bytes.starts(with: [0xFE, 0xFF]) { return (.utf16, Transcoder(.utf16BigEndian), 2) }
        }
        switch stated {
        case .utf16: throw IntakeError.ambiguousFormat(.byteOrder)
        case .windows1252: return (.windows1252, Transcoder(.windows1252), 0)
        case .utf8: return (.utf8, nil, 0)
        case nil: return isUTF8(bytes, isWhole: isWhole) ? (.utf8, nil, 0) : (.windows1252, Transcoder(.windows1252), 0)
        }
    }

    /// Whether bytes are UTF-8, or were meant to be: more of its sequences are whole than broken.
    ///
    /// A table with one broken text among many whole ones is read as UTF-8, and that row fails; two letters of
    /// Windows-1252 that look like a sequence, such as `ß“`, are rare among its others.
    private static func isUTF8(_ bytes: UnsafeRawBufferPointer, isWhole: Bool) -> Bool {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return true }
        guard UTF8Check.firstFault(in: bytes) != nil else { return true }
        var (whole, broken, position) = (0, 0, 0)
        // The last sequence may be cut by the end of what is held.
        let end = isWhole ? bytes.count : bytes.count - 3
        while position < end {
            if bytes[position] < 0x80 {
                position += 1
                continue
            }
            let length = UTF8Check.sequenceLength(in: bytes, at: position)
            if length > 0 { whole += 1 } else { broken += 1 }
            position += max(length, 1)
        }
        return whole > broken || broken == 0
    }
}
