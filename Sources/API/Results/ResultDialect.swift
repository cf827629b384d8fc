internal import Core
internal import HTTP
internal import Intake

/// How a table of results is written, so that the spreadsheet program of another country opens it.
///
/// Without a word it is RFC 4180 in UTF-8: commas, points and no byte order mark.
struct ResultDialect: Equatable {
    static let names = ["delimiter", "decimal", "encoding", "bom"]

    let format: CSVFormat
    /// The byte order mark with which the table begins; empty for none.
    let mark: [UInt8]

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` for what no table has.
    init(_ options: RequestOptions) throws {
        let decimal = try options.word("decimal", of: CSVDecimal.self) ?? .point
        let encoding = try Self.encoding(options)
        format = CSVFormat(
            // Where a comma begins a fraction, spreadsheets part fields by semicolons.
            delimiter: try Self.delimiter(options) ?? (decimal == .comma ? .semicolon : .comma), decimal: decimal,
            thousands: .none, encoding: encoding)
        mark = try Self.mark(of: encoding, asked: options.flag("bom"))
    }

    /// A tab may be written as a word: it is hard to type into an address.
    private static func delimiter(_ options: RequestOptions) throws -> CSVDelimiter? {
        guard let text = try options.text("delimiter") else { return nil }
        if text == "tab" { return .tab }
        guard let delimiter = CSVDelimiter(rawValue: text) else {
            throw APIError.invalidParameter(name: "delimiter", expected: "`,`, `;`, `tab` or `|`")
        }
        return delimiter
    }

    /// Not `auto`: nothing is there to find it out from.
    private static func encoding(_ options: RequestOptions) throws -> CSVEncoding {
        guard let name = try options.text("encoding") else { return .utf8 }
        guard name != "auto", let encoding = CSVEncoding(rawValue: name) else {
            throw APIError.invalidParameter(
                name: "encoding",
                expected: "`utf-8`, `utf-16`, or a character set that iconv knows and a table can be in")
        }
        return encoding
    }

    /// UTF-16 is known by its mark, and always has it; UTF-8 has one when that is asked for; others have none.
    private static func mark(of encoding: CSVEncoding, asked: Bool?) throws -> [UInt8] {
        if encoding.needsMark {
            guard asked != false else {
                throw APIError.invalidParameter(name: "bom", expected: "left out: \(encoding.rawValue) has its mark")
            }
            return encoding.mark
        }
        guard asked == nil || !encoding.mark.isEmpty else {
            throw APIError.invalidParameter(name: "bom", expected: "left out: \(encoding.rawValue) has no mark")
        }
        return asked == true ? encoding.mark : []
    }

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` when a label has characters that the character set lacks: it
    ///   would not be the label that programs look for.
    func requireWritable(_ labels: [String]) throws {
        guard labels.allSatisfy(writer.canWrite) else {
            throw APIError.invalidParameter(
                name: "encoding",
                expected: "one that has the characters of the model's labels, such as `utf-8` with `bom=true`")
        }
    }

    /// Writes cells in this dialect.
    var writer: CSVExtension { CSVExtension(format: format, isBigEndian: format.encoding.isBigEndian) }

    var mediaType: String { "text/csv; charset=\(format.encoding.rawValue)" }
}
