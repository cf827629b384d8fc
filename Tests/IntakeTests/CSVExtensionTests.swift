import Core
import Testing

@testable import Intake

@Suite struct CSVExtensionTests {
    private func write(
        _ record: String, _ cells: [CSVExtension.Cell], _ delimiter: CSVDelimiter = .comma,
        _ decimal: CSVDecimal = .point
    ) -> String {
        let format = CSVFormat(delimiter: delimiter, decimal: decimal, thousands: .none, encoding: .utf8)
        var output = Array("before|".utf8)
        CSVExtension(format: format).write(Array("x\(record)".utf8).dropFirst(), adding: cells, to: &output)
        return String(decoding: output.dropFirst(7), as: UTF8.self)
    }

    @Test(arguments: [
        ("a,b\n", "a,b,0.93,yes,\n"), ("a,b\r\n", "a,b,0.93,yes,\r\n"), ("a,b", "a,b,0.93,yes,"),
        ("a,b\r", "a,b,0.93,yes,\r"), ("\n\r\n\"a\r\n\",\"b\"\r\n", "\n\r\n\"a\r\n\",\"b\",0.93,yes,\r\n"),
        ("\u{FEFF}é\r\r\n", "\u{FEFF}é,0.93,yes,\r\r\n"), ("\n", ",0.93,yes,\n"), ("", ",0.93,yes,"),
    ])
    func `cells come before the line end and the rest stays byte for byte`(record: String, expected: String) {
        let written = write(record, [.number(Double(Float(0.93)), .single), .text("yes"), .empty])
        #expect(Array(written.utf8) == Array(expected.utf8))
    }

    @Test func `numbers have the table's decimal and their shortest digits`() {
        let numbers: [Float] = [0.93, 1, -1.5e-7, 0.1 + 0.2, .nan, .infinity, 3.4e38]
        #expect(
            write("a\n", numbers.map { .number(Double($0), .single) }, .semicolon, .comma)
                == "a;0,93;1;-1,5e-07;\((Float(0.1) + 0.2).description.replacing(".", with: ","));;;3,4e+38\n")
        #expect(write("a\n", [.number(0.5, .single), .number(2, .double)], .comma, .comma) == "a,\"0,5\",2\n")
    }

    @Test func `a text is quoted only where it must be`() {
        let texts = ["a b", "a;b", "a,b", "say \"x\"", "two\nlines", "a\rb", "", "\"\"\r\n"]
        #expect(
            write("a\n", texts.map { .text($0) }, .semicolon)
                == "a;a b;\"a;b\";a,b;\"say \"\"x\"\"\";\"two\nlines\";\"a\rb\";;\"\"\"\"\"\r\n\"\n")
    }

    @Test func `characters that Windows-1252 lacks are written as JSON escapes them`() {
        let format = CSVFormat(delimiter: .semicolon, decimal: .comma, thousands: .none, encoding: .windows1252)
        var output: [UInt8] = []
        let cells: [CSVExtension.Cell] = [.text("é€„“ÿ"), .text("😀я\u{81}"), .number(0.5, .double)]
        CSVExtension(format: format).write([0x81, 0xE9, 0x0D, 0x0A], adding: cells, to: &output)
        #expect(
            output == [0x81, 0xE9, 0x3B, 0xE9, 0x80, 0x84, 0x93, 0xFF, 0x3B]
                + Array("\\ud83d\\ude00\\u044f\\u0081;0,5\r\n".utf8))
    }

    @Test(arguments: [TextForm.utf16LittleEndian, .utf16BigEndian])
    func `UTF-16 is written in its byte order, and only whole units end a line`(source: TextForm) {
        let format = CSVFormat(delimiter: .tab, decimal: .comma, thousands: .none, encoding: .utf16)
        let table = CSVExtension(format: format, isBigEndian: source == .utf16BigEndian)
        for (content, lineEnd) in [
            ("a\t😀", "\r\n"), ("ä", "\n"), ("b", ""), ("\u{A0D}\u{D0A}\u{A00}", ""), ("\u{D00}", "\r\n"),
        ] {
            var output: [UInt8] = []
            let record = DialectTests.encode(content + lineEnd, as: source)
            table.write(record[...], adding: [.text("x\t€😀"), .number(1.5, .double)], to: &output)
            #expect(output == DialectTests.encode(content + "\t\"x\t€😀\"\t1,5" + lineEnd, as: source))
        }
        var output: [UInt8] = []
        table.write((DialectTests.encode("b", as: source) + [0xD8])[...], adding: [.empty], to: &output)
        #expect(output == DialectTests.encode("b\t", as: source))
    }

    @Test(arguments: [
        (TextForm?.none, [UInt8](), CSVEncoding.utf8), (nil, [0xEF, 0xBB, 0xBF], .utf8),
        (.windows1252, [], .windows1252), (.utf16LittleEndian, [0xFF, 0xFE], .utf16),
        (.utf16BigEndian, [0xFE, 0xFF], .utf16),
    ])
    func `a table written back record by record is a table with more columns`(
        source: TextForm?, mark: [UInt8], encoding: CSVEncoding
    ) throws {
        let text = "\nsepal_length;\"n;\";sepal_width\r\n1,5;é;2\r\n\n3;\"a\n\";10,5\n4;x;5\r\n\r\n"
        let bytes = mark + (source.map { DialectTests.encode(text, as: $0) } ?? Array(text.utf8))
        var scanner = CSVScanner(signature: Samples.iris, options: CSVOptions(encoding: encoding))
        var builder = RowsBuilder(signature: Samples.iris)
        let first = try scanner.scanAll(bytes, into: &builder)[0]
        let spans = scanner.takeRecords()
        let table = CSVExtension(
            format: try #require(scanner.format), isBigEndian: try #require(scanner.resumption).isBigEndian)
        var (output, position) = ([UInt8](), spans.headerBytes)
        table.write(bytes[..<position], adding: [.text("score"), .text("label")], to: &output)
        for (row, length) in spans.lengths.enumerated() {
            let record = bytes[position..<(position + Int(length))]
            table.write(record, adding: [.number(Double(row) + 0.25, .single), .text("ü;\(row)")], to: &output)
            position = record.endIndex
        }
        output += bytes[position...]
        let wide = Signature(
            inputs: Samples.iris.inputs + [
                ModelInput(name: "score", kind: .float), ModelInput(name: "label", kind: .string),
            ])
        let rows = try Samples.scan(output, CSVScanner(signature: wide, options: CSVOptions(encoding: encoding)), wide)
        #expect(rows.faults.isEmpty && rows.columns.prefix(2) == first.columns.prefix(2))
        #expect(rows.floats(2) == [0.25, 1.25, 2.25] && rows.texts(3) == ["ü;0", "ü;1", "ü;2"])
    }

    @Test func `a header's names are told as they came`() throws {
        var scanner = CSVScanner(signature: Samples.text)
        var builder = RowsBuilder(signature: Samples.text)
        _ = try scanner.scanAll(Array("text, a\u{7}\"\na,b\n".utf8), into: &builder)
        #expect(scanner.mapping?.names == ["text", " a\u{7}\""] && scanner.mapping?.columns == ["text", " a\""])
    }
}
