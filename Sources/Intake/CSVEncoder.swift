/// Writes text in a table's character set, and finds a record's line end in it.
struct CSVEncoder: Sendable {
    /// The bytes of an ASCII character.
    private let width: Int
    /// Whether units have their greater byte first.
    private let isBigEndian: Bool
    /// Nil for UTF-8.
    private let converter: CharacterConverter?

    /// - Parameter isBigEndian: whether UTF-16 and UTF-32 have the greater byte of a unit first.
    init(encoding: CSVEncoding, isBigEndian: Bool) {
        (width, self.isBigEndian) = (encoding.unitBytes, isBigEndian)
        switch encoding.layout {
        case .utf8: converter = nil
        case .bytes: converter = CharacterConverter(from: "UTF-8", to: encoding.rawValue)
        case .wide(let width, _):
            converter = CharacterConverter(from: "UTF-8", to: "UTF-\(8 * width)\(isBigEndian ? "BE" : "LE")")
        }
    }

    /// Appends text; what the character set lacks is escaped as in JSON.
    func append(_ text: String, to output: inout [UInt8]) {
        guard let converter else { return output.append(contentsOf: text.utf8) }
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                append(UInt8(scalar.value), to: &output)
            } else if let bytes = Self.encoded(scalar, converter) {
                output.append(contentsOf: bytes)
            } else {
                for byte in Self.escaped(scalar).utf8 { append(byte, to: &output) }
            }
        }
    }

    /// Whether the character set has every character of a text.
    func hasAll(_ text: String) -> Bool {
        guard let converter else { return true }
        return text.unicodeScalars.allSatisfy { $0.isASCII || Self.encoded($0, converter) != nil }
    }

    /// The bytes of a character; nil where the character set lacks it.
    private static func encoded(_ scalar: Unicode.Scalar, _ converter: CharacterConverter) -> [UInt8]? {
        var bytes: [UInt8] = []
        Array(String(scalar).utf8).withUnsafeBytes { converter.convert($0, unit: 4, substitute: [], into: &bytes) }
        return bytes.isEmpty ? nil : bytes
    }

    /// A character as JSON escapes it: in four hexadecimal digits, or in two surrogates of four.
    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        scalar.utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }

    private func append(_ character: UInt8, to output: inout [UInt8]) {
        if isBigEndian { output.append(contentsOf: repeatElement(0, count: width - 1)) }
        output.append(character)
        if !isBigEndian { output.append(contentsOf: repeatElement(0, count: width - 1)) }
    }

    // MARK: Line ends

    /// The bytes of whole units among so many.
    func wholeCount(_ count: Int) -> Int { count / width * width }

    /// Where a record's line end begins, as ``CSVBytes/lineStart(behind:in:to:isWhole:)`` has them; the end of its last
    /// whole unit when it has none.
    func lineEnd(of record: ArraySlice<UInt8>) -> Int {
        var end = record.startIndex + wholeCount(record.count)
        guard end == record.endIndex else { return end }
        let hasNewline = has(CSVBytes.newline, in: record, before: end)
        if hasNewline { end -= width }
        for _ in 0..<(hasNewline ? 2 : 1) where has(CSVBytes.carriageReturn, in: record, before: end) { end -= width }
        return end
    }

    private func has(_ byte: UInt8, in record: ArraySlice<UInt8>, before end: Int) -> Bool {
        guard end - record.startIndex >= width else { return false }
        let unit = record[(end - width)..<end]
        let place = isBigEndian ? width - 1 : 0
        return unit.enumerated().allSatisfy { $0.element == ($0.offset == place ? byte : 0) }
    }
}
