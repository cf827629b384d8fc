internal import Core
internal import HTTP
internal import Intake

extension HTTPRequest {
    /// The character set that the Content-Type of the body says; nil when it says none.
    ///
    /// - Throws: see ``MediaTypeCharset/read(_:)``.
    func charset() throws -> CSVEncoding? { try headers.first("Content-Type").flatMap(MediaTypeCharset.read) }

    /// - Throws: `IntakeError.notUTF8` when a body of JSON is said to be anything but UTF-8 (RFC 8259, section 8.1).
    func requireUTF8() throws { try MediaTypeCharset.requireUTF8(try charset()) }
}

/// The parameter `charset` of a media type: RFC 9110, section 8.3.
enum MediaTypeCharset {
    /// Reads the character set of a media type such as `text/csv; charset="windows-1252"`.
    ///
    /// - Throws: `IntakeError.unreadableEncoding` for one that the system does not know;
    ///   ``APIError/contradictoryParameters(name:)`` when it is given twice, and differently.
    static func read(_ mediaType: String) throws -> CSVEncoding? {
        // What nearly all callers write needs no work.
        guard mediaType.utf8.contains(UInt8(ascii: ";")) else { return nil }
        var found: CSVEncoding?
        for (name, value) in parameters(of: mediaType) where name == "charset" {
            let encoding = try named(value)
            guard found?.agrees(with: encoding) ?? true else {
                throw APIError.contradictoryParameters(name: "charset")
            }
            found = encoding
        }
        return found
    }

    /// - Throws: `IntakeError.unreadableEncoding` for a name that the system does not know.
    static func named(_ name: String) throws -> CSVEncoding {
        guard let encoding = CSVEncoding(rawValue: name) else { throw IntakeError.unreadableEncoding(name) }
        return encoding
    }

    /// - Throws: `IntakeError.notUTF8` for anything but UTF-8, or ASCII, which is a part of it.
    static func requireUTF8(_ encoding: CSVEncoding?) throws {
        guard let encoding, encoding != .utf8, !asciiNames.contains(encoding.rawValue) else { return }
        throw IntakeError.notUTF8(encoding.rawValue)
    }

    private static let asciiNames = ["us-ascii", "ascii"]

    /// The parameters, names in small letters, values without their quotes.
    private static func parameters(of mediaType: String) -> [(name: String, value: String)] {
        var parameters: [(String, String)] = []
        var (part, isQuoted, isEscaped) = ("", false, false)
        for character in mediaType + ";" {
            if isEscaped {
                part.append(character)
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ";", !isQuoted {
                let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
                if pair.count == 2 { parameters.append((pair[0].lowercased(), pair[1])) }
                part = ""
            } else {
                part.append(character)
            }
        }
        return parameters
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
