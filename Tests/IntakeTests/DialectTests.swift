import Core
import Testing

@testable import Intake

/// Tables as people have them: what is not said is found out, and what could be two things is refused.
@Suite struct DialectTests {
    private static let spend = Signature(inputs: [ModelInput(name: "spend", kind: .float, missing: .notANumber)])
    private static let order = Signature(inputs: [
        ModelInput(name: "kunde", kind: .string, minimumLength: 1), ModelInput(name: "umsatz", kind: .float),
        ModelInput(name: "alter", kind: .int),
    ])

    /// Writes text in a character set; the tests' own way, so that it is no mirror of the transcoder.
    static func encode(_ text: String, as source: TextForm) -> [UInt8] {
        switch source {
        case .windows1252: text.unicodeScalars.map { $0 == "\u{20AC}" ? 0x80 : UInt8($0.value) }
        case .utf16LittleEndian: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case .utf16BigEndian: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        }
    }

    private func scan(
        _ bytes: [UInt8], _ signature: Signature, _ options: CSVOptions = CSVOptions()
    ) throws -> (rows: Rows, format: CSVFormat?) {
        var scanner = CSVScanner(signature: signature, options: options)
        var builder = RowsBuilder(signature: signature, chunkRows: .max, chunkBytes: 1 << 30)
        let chunks = try scanner.scanAll(bytes, into: &builder)
        return (chunks.first ?? builder.take(), scanner.format)
    }

    /// Spends written one a line, between two columns that nobody needs.
    private func spends(
        _ values: [String], delimiter: String = ";", _ options: CSVOptions = CSVOptions()
    ) throws -> (rows: Rows, format: CSVFormat?) {
        let lines = values.map { "x\(delimiter)\($0)\(delimiter)y\n" }.joined()
        return try scan(Array("a\(delimiter)spend\(delimiter)b\n\(lines)".utf8), Self.spend, options)
    }

    private func refusal(_ body: () throws -> Void) -> IntakeError? {
        #expect(throws: IntakeError.self) { try body() }
    }

    @Test func `a German Excel export scores without any option`() throws {
        let table =
            "Kunde;Umsatz;Alter;Notiz\r\nMüller;1.234,50;41;\u{20AC}\r\n\"Groß; Söhne\";3,5;1.000;\r\nÖ;-12;7;x\r\n"
        let (rows, format) = try scan(Self.encode(table, as: .windows1252), Self.order)
        #expect(rows.faults.isEmpty)
        #expect(rows.texts(0) == ["Müller", "Groß; Söhne", "Ö"])
        #expect(rows.floats(1) == [1_234.5, 3.5, -12])
        #expect(rows.integers(2) == [41, 1_000, 7])
        #expect(
            format
                == CSVFormat(delimiter: .semicolon, decimal: .comma, thousands: .point, encoding: .windows1252))
    }

    // MARK: Delimiter

    @Test(arguments: CSVDelimiter.allCases)
    func `the header tells the delimiter`(delimiter: CSVDelimiter) throws {
        let table = "note \(delimiter.rawValue)text\nx\(delimiter.rawValue)y\n"
        let (rows, format) = try scan(Array(table.utf8), Samples.text)
        #expect(rows.texts(0) == ["y"] && rows.faults.isEmpty)
        #expect(format?.delimiter == delimiter)
    }

    @Test func `other delimiters within names and quotes do not count`() throws {
        let (rows, format) = try scan(Array("\"a,b\";text;c,d|e\n1;x, y;2\n".utf8), Samples.text)
        #expect(format?.delimiter == .semicolon && rows.texts(0) == ["x, y"])
        #expect(try scan(Array("text\na;b\n".utf8), Samples.text).format?.delimiter == .comma)
    }

    @Test func `a header that fits with two delimiters is refused until one is said`() throws {
        let table = Array("spend,x;y\n1,2\n".utf8)
        #expect(try scan(table, Self.spend).format?.delimiter == .comma)
        let optional = Array("a,b;c\n1,2\n".utf8)
        #expect(refusal { _ = try scan(optional, Self.spend) } == .ambiguousFormat(.delimiter))
        #expect(try scan(optional, Self.spend, CSVOptions(delimiter: .comma)).rows.count == 1)
        let error = refusal { _ = try scan(Array("text;b\nx;y\n".utf8), Samples.text, CSVOptions(delimiter: .comma)) }
        #expect(error?.code == .missingColumn)
    }

    @Test func `a header longer than what is held is waited for`() throws {
        let table = Array((String(repeating: "column;", count: 50) + "text\n").utf8)
        let (_, format) = try scan(table, Samples.text, CSVOptions(sniffedBytes: 8))
        #expect(format?.delimiter == .semicolon)
    }

    // MARK: Numbers

    @Test(arguments: [
        (["3,5", "12"], [Float(3.5), 12], CSVDecimal.comma, CSVThousands.none),
        (["1.234,56", "1.234"], [1_234.56, 1_234], .comma, .point),
        (["1.234", "0,5", "-1,5E+2"], [1_234, 0.5, -150], .comma, .point),
        (["1,234.5", "1,234,567"], [1_234.5, 1_234_567], .point, .comma),
        (["1.234", "0.5"], [1.234, 0.5], .point, .none), (["1.234.567"], [1_234_567], .comma, .point),
        (["1 234,5", "12\u{A0}345", "1\u{202F}000"], [1_234.5, 12_345, 1_000], .comma, .space),
        (["1'234.5", "12\u{2019}345"], [1_234.5, 12_345], .point, .apostrophe),
        (["7", "1e3", ""], [7, 1_000, .nan], .point, .none),
    ])
    func `the first values tell how numbers are written`(
        values: [String], expected: [Float], decimal: CSVDecimal, thousands: CSVThousands
    ) throws {
        let (rows, format) = try spends(values)
        #expect(rows.faults.isEmpty)
        #expect(rows.floats(0).map(\.description) == expected.map(\.description))
        #expect(format?.decimal == decimal && format?.thousands == thousands)
    }

    @Test(arguments: [
        (";", ["1,234"], CSVAmbiguity.decimal), (";", ["1.234", "7"], .decimal), (",", ["\"1,234\""], .decimal),
        ("\t", ["12,345", "-123,456"], .decimal),
    ])
    func `numbers that could mean two things are refused`(
        delimiter: String, values: [String], ambiguity: CSVAmbiguity
    ) throws {
        let error = refusal { _ = try spends(values, delimiter: delimiter) }
        #expect(error == .ambiguousFormat(ambiguity))
        #expect(error?.message.contains("`decimal`") == true)
    }

    @Test(arguments: [
        (";", ["1,5", "2.5"], "0,0", "0.0", 3), (",", ["7", "2.5", "\"1,5\""], "0.0", "0,0", 4),
        (";", ["-1.234,5", "", "1,234.5"], "-0.000,0", "0,000.0", 4),
    ])
    func `two ways of writing numbers are shown with their lines, and not the numbers`(
        delimiter: String, values: [String], first: String, second: String, line: Int
    ) throws {
        let error = try #require(refusal { _ = try spends(values, delimiter: delimiter) })
        #expect(error.code == .ambiguousFormat && error.line == line)
        #expect(error.message.contains("`\(first)` on line "))
        #expect(error.message.contains("`\(second)` on line \(line) (column `spend`)"))
    }

    @Test(arguments: [
        ("12,30 \u{20AC}", "a currency sign"), ("\u{20AC}12", "a currency sign"), ("-1.234,50 EUR", "a currency sign"),
        ("CHF 1'200", "a currency sign"), ("$ 5", "a currency sign"), ("7 %", "a percent sign"), ("3 kg", "a unit"),
    ])
    func `a number with a sign beside it is told as that, by its column and line`(cell: String, sign: String) throws {
        let table = Array("kunde;Spend \n1;7\n2;\"\(cell)\"\n".utf8)
        for options in [CSVOptions(), CSVOptions(decimal: .comma)] {
            let rows = try scan(table, Self.spend, options).rows
            #expect(rows.codes == [.wrongType] && rows.faults[0].line == 3)
            #expect(rows.faults[0].message.hasPrefix("The input `spend` (column `Spend `) is a number with \(sign)"))
        }
    }

    @Test(arguments: ["x", "a 5 b", "2026-01-02", "", "ab", "%", "5 \u{1F600}"])
    func `what is no number with a sign is no such thing`(cell: String) {
        #expect(Array(cell.utf8).withUnsafeBytes { NumberSign.find(in: $0) } == nil)
    }

    @Test func `between commas a point is a point`() throws {
        #expect(try spends(["1.234"], delimiter: ",").rows.floats(0) == [1.234])
    }

    @Test func `what is said is not guessed`() throws {
        #expect(try spends(["1,234"], CSVOptions(decimal: .comma)).rows.floats(0) == [1.234])
        #expect(try spends(["1,234"], CSVOptions(decimal: .point)).rows.floats(0) == [1_234])
        #expect(try spends(["1,234"], CSVOptions(thousands: CSVThousands.none)).rows.floats(0) == [1.234])
        #expect(try spends(["1.234"], CSVOptions(thousands: .point)).rows.floats(0) == [1_234])
        let contradiction = refusal { _ = try spends(["1"], CSVOptions(decimal: .comma, thousands: .comma)) }
        #expect(contradiction == .ambiguousFormat(.sameSeparator))
    }

    @Test(arguments: ["1.5", "1.23", "12.34,5", "0.123", "1234.567", ".5", "1..234", "1.234.", "1,2,3", "1,5.6", "x"])
    func `a number in another style than the table's fails its row`(value: String) throws {
        let options = CSVOptions(decimal: .comma, thousands: .point)
        let rows = try spends(["1,5", value, "1.000"], options).rows
        #expect(rows.codes == [.wrongType])
        #expect(rows.floats(0) == [1.5, 1_000])
    }

    @Test func `a number beyond the first values is refused where they do not show what it means`() throws {
        let values = Array(repeating: "7", count: 10) + ["1.234", "2.5", "3,5"]
        let rows = try spends(values, CSVOptions(sniffedBytes: 32)).rows
        #expect(rows.faults.map(\.row) == [10, 12])
        #expect(rows.floats(0).last == 2.5)
    }

    // MARK: Columns and missing values

    @Test func `a map names the columns of inputs`() throws {
        let options = CSVOptions(map: ["text": "Kommentar"])
        let rows = try scan(Array("text;kommentar \na;b\n".utf8), Samples.text, options).rows
        #expect(rows.texts(0) == ["b"])
        let missing = refusal { _ = try scan(Array("text;c\na;b\n".utf8), Samples.text, options) }
        #expect(missing?.code == .missingColumn)
        #expect(missing?.message.contains("`map.text=COLUMN`") == true)
        let stranger = refusal {
            _ = try scan(Array("text\na\n".utf8), Samples.text, CSVOptions(map: ["texts": "text"]))
        }
        #expect(stranger == .unknownMappedInput(nearest: "text", inputs: ["text"]))
    }

    @Test(arguments: [CSVDecimal.point, .comma])
    func `an input's own words for missing are missing values`(decimal: CSVDecimal) throws {
        var signature = Samples.mixed
        for input in signature.inputs.indices { signature.inputs[input].missingTokens = ["NA", "n/a"] }
        let table = Array("review;age;spend;loyal\nx; NA ;n/a;NA\nNA;1;1;1\ny;na;1;1\n".utf8)
        let rows = try scan(table, signature, CSVOptions(decimal: decimal)).rows
        #expect(rows.codes == [.missingInput, .wrongType])
        #expect(rows.integers(1) == [30] && rows.floats(2)[0].isNaN && rows.integers(3) == [0])
    }

    // MARK: Character sets

    @Test func `a byte order mark tells UTF-16`() throws {
        for (source, mark) in [
            (TextForm.utf16LittleEndian, [UInt8](arrayLiteral: 0xFF, 0xFE)), (.utf16BigEndian, [0xFE, 0xFF]),
        ] {
            let bytes = mark + Self.encode("text\tn\r\n\u{1F600} é\t1\r\n", as: source)
            let (rows, format) = try scan(bytes, Samples.text)
            #expect(rows.texts(0) == ["\u{1F600} é"])
            #expect(format?.encoding == .utf16 && format?.delimiter == .tab)
        }
        let error = refusal { _ = try scan(Array("text\n".utf8), Samples.text, CSVOptions(encoding: .utf16)) }
        #expect(error == .ambiguousFormat(.byteOrder))
    }

    @Test func `UTF-8 is known by its sequences, even with a broken one among them`() throws {
        let table = Array("\u{FEFF}text\né\nü\n".utf8)
        let (rows, format) = try scan(table + [0xFF, 0x0A], Samples.text)
        #expect(format?.encoding == .utf8 && rows.codes == [.invalidUTF8] && rows.texts(0) == ["é", "ü"])
        let cut = try scan(Array("text\naé\nü\n".utf8), Samples.text, CSVOptions(sniffedBytes: 7))
        #expect(cut.format?.encoding == .utf8 && cut.rows.texts(0) == ["aé", "ü"])
    }

    @Test func `a character that does not exist fails its row alone`() throws {
        let bytes = Array("note;text\n".utf8) + [0x81, 0x3B, 0xE9, 0x0A, 0x61, 0x3B, 0x81, 0x0A]
        let (rows, format) = try scan(bytes, Samples.text, CSVOptions(encoding: .windows1252))
        #expect(format?.encoding == .windows1252 && rows.texts(0) == ["é"] && rows.codes == [.invalidUTF8])
    }

    @Test func `a long table in Windows-1252 comes through in full chunks`() throws {
        let table =
            [UInt8](Self.encode("id;text\n", as: .windows1252))
            + (0..<20_000).flatMap { Self.encode("\($0);Straße \($0)\n", as: .windows1252) }
        var scanner = CSVScanner(signature: Samples.text, options: CSVOptions(idColumn: "id"))
        var builder = RowsBuilder(signature: Samples.text, chunkRows: 512)
        let chunks = try scanner.scanAll(table, into: &builder)
        #expect(chunks.dropLast().allSatisfy { $0.count == 512 })
        #expect(chunks.reduce(0) { $0 + $1.count } == 20_000 && builder.report.total == 0)
        #expect(chunks.last?.texts(0).last == "Straße 19999")
    }
}
