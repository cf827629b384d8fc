import Core

/// The value of a header field with its parameters, such as `form-data; name="file"; filename=a.csv`.
///
/// Reads what clients write (RFC 9110, section 5.6.6, and more): spaces around `=`, an empty parameter, and values
/// without quotation marks that hold more than a token may, such as `boundary====1444=`.
package struct FieldValue: Equatable {
    package struct Parameter: Equatable {
        /// In small letters.
        package let name: String
        package let value: String
    }

    /// What stands before the first semicolon, in small letters.
    let value: String
    package private(set) var parameters: [Parameter] = []

    /// Gives nil for a parameter without `=`, or for quotation marks that do not enclose a whole value.
    package init?(_ text: String) { self.init(Array(text.utf8)) }

    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        value = reader.readPlain().lowercased()
        while reader.skipSemicolon() {
            guard !reader.isAtParameterEnd else { continue }
            guard let parameter = reader.readParameter() else { return nil }
            parameters.append(parameter)
        }
        guard reader.isAtEnd else { return nil }
    }

    /// What stands before the first semicolon, in small letters, whether the rest can be read or not.
    package static func plain(_ text: String) -> String { text.prefix { $0 != ";" }.trimmingSpaces.lowercased() }

    /// The value of a parameter; nil when it is not there.
    ///
    /// - Throws: ``Ambiguous`` when the parameter is there twice and differs.
    func parameter(_ name: String) throws -> String? {
        let values = parameters.filter { $0.name == name }.map(\.value)
        guard values.allSatisfy({ $0 == values[0] }) else { throw Ambiguous() }
        return values.first
    }

    struct Ambiguous: Error {}

    /// Decodes the value of a parameter whose name ends with `*`: `UTF-8''na%C3%AFve.csv` (RFC 8187).
    ///
    /// - Returns: nil for another character set than UTF-8 and ISO 8859-1, or bytes that are not of it.
    static func decodeExtended(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        var encoded = parts[2]
        guard let bytes = encoded.withUTF8({ PercentEncoding.unescape($0[...], plusIsSpace: false) }) else {
            return nil
        }
        switch parts[0].lowercased() {
        case "utf-8": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        default: return nil
        }
    }
}

/// Reads a field's value from its beginning to its end.
private struct Reader {
    let bytes: [UInt8]
    var place = 0

    var isAtEnd: Bool { place == bytes.count }
    var isAtParameterEnd: Bool { isAtEnd || bytes[place] == UInt8(ascii: ";") }

    /// Skips a semicolon and the spaces behind it; false where there is none.
    mutating func skipSemicolon() -> Bool {
        guard !isAtEnd, bytes[place] == UInt8(ascii: ";") else { return false }
        place += 1
        skipSpaces()
        return true
    }

    mutating func readParameter() -> FieldValue.Parameter? {
        let start = place
        while !isAtParameterEnd, bytes[place] != UInt8(ascii: "=") { place += 1 }
        guard !isAtParameterEnd else { return nil }
        let name = Self.text(bytes[start..<place]).lowercased()
        place += 1
        skipSpaces()
        let isQuoted = !isAtEnd && bytes[place] == UInt8(ascii: "\"")
        guard let value = isQuoted ? readQuoted() : readUnquoted(), !name.isEmpty else { return nil }
        return FieldValue.Parameter(name: name, value: value)
    }

    /// Reads up to the next semicolon, without the spaces around it.
    mutating func readPlain() -> String {
        let start = place
        while !isAtParameterEnd { place += 1 }
        return Self.text(bytes[start..<place])
    }

    private mutating func readUnquoted() -> String? {
        let value = readPlain()
        return value.utf8.contains(UInt8(ascii: "\"")) ? nil : value
    }

    /// A backslash escapes a quotation mark or a backslash; before anything else it stands for itself, as in `C:\a.csv`.
    private mutating func readQuoted() -> String? {
        place += 1
        var value: [UInt8] = []
        while !isAtEnd, bytes[place] != UInt8(ascii: "\"") {
            let isEscape =
                bytes[place] == UInt8(ascii: "\\") && place + 1 < bytes.count
                && (bytes[place + 1] == UInt8(ascii: "\"") || bytes[place + 1] == UInt8(ascii: "\\"))
            if isEscape { place += 1 }
            value.append(bytes[place])
            place += 1
        }
        guard !isAtEnd else { return nil }
        place += 1
        skipSpaces()
        return isAtParameterEnd ? String(decoding: value, as: UTF8.self) : nil
    }

    private mutating func skipSpaces() { while !isAtEnd, Self.isSpace(bytes[place]) { place += 1 } }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        let rest = bytes.drop(while: isSpace)
        let end = rest.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? rest.startIndex
        return String(decoding: rest[..<end], as: UTF8.self)
    }
}
