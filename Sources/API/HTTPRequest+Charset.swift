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
    /// - Throws: `IntakeError.unreadableEncoding` for one that the system does not know; `HTTPError.malformed` where quotation
    ///   marks or an equals sign are missing; ``APIError/contradictoryParameters(name:)`` when it is given twice, and differently.
    static func read(_ mediaType: String) throws -> CSVEncoding? {
        // What nearly all callers write needs no work.
        guard mediaType.utf8.contains(UInt8(ascii: ";")) else { return nil }
        guard let field = FieldValue(mediaType) else {
            // To guess what was said would be worse than to ask again; what else is said does not matter here.
            guard !mediaType.lowercased().contains("charset") else {
                throw HTTPError.malformed("the charset of its Content-Type cannot be read")
            }
            return nil
        }
        var found: CSVEncoding?
        for parameter in field.parameters where parameter.name == "charset" {
            let encoding = try named(parameter.value)
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
}
