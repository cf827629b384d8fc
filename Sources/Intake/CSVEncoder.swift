/// Writes text in a table's character set, and finds a record's line end in it.
struct CSVEncoder: Sendable {
    let encoding: CSVEncoding
    /// Whether UTF-16 has the greater byte of a unit first.
    let isBigEndian: Bool

    func append(_ text: String, to output: inout [UInt8]) {
        switch encoding {
        case .utf8: output.append(contentsOf: text.utf8)
        case .windows1252:
            for scalar in text.unicodeScalars {
                let byte = scalar.isASCII ? UInt8(scalar.value) : Self.windows1252[scalar] ?? UInt8(ascii: "?")
                output.append(byte)
            }
        case .utf16:
            for unit in text.utf16 {
                let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
                output.append(isBigEndian ? high : low)
                output.append(isBigEndian ? low : high)
            }
        }
    }

    /// The bytes of Windows-1252 above ASCII, found by reading each: the inverse of the transcoder and nothing else.
    private static let windows1252: [Unicode.Scalar: UInt8] = {
        var bytes: [Unicode.Scalar: UInt8] = [:]
        for byte in UInt8(0x80)...0xFF {
            var (transcoder, text) = (Transcoder(.windows1252), [UInt8]())
            // try? because without the system's table no such table was read, so that none is written.
            guard (try? [byte].withUnsafeBytes({ try transcoder.convert($0, into: &text) })) != nil, text != [0xFF],
                let scalar = String(decoding: text, as: UTF8.self).unicodeScalars.first
            else { continue }
            bytes[scalar] = byte
        }
        return bytes
    }()

    // MARK: Line ends

    private var unitBytes: Int { encoding == .utf16 ? 2 : 1 }

    /// The bytes of whole units among so many.
    func wholeCount(_ count: Int) -> Int { count / unitBytes * unitBytes }

    /// Where a record's line end begins, LF, CR LF or a last CR; the end of its last whole unit when it has none.
    func lineEnd(of record: ArraySlice<UInt8>) -> Int {
        var end = record.startIndex + wholeCount(record.count)
        guard end == record.endIndex else { return end }
        if has(CSVBytes.newline, in: record, before: end) { end -= unitBytes }
        if has(CSVBytes.carriageReturn, in: record, before: end) { end -= unitBytes }
        return end
    }

    private func has(_ byte: UInt8, in record: ArraySlice<UInt8>, before end: Int) -> Bool {
        guard end - record.startIndex >= unitBytes else { return false }
        guard encoding == .utf16 else { return record[end - 1] == byte }
        let (first, second) = (record[end - 2], record[end - 1])
        return isBigEndian ? first == 0 && second == byte : first == byte && second == 0
    }
}
