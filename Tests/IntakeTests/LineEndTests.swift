import Core
import Testing

@testable import Intake

/// Lines as programs write them: doubled carriage returns, old Macs, blank lines, and Excel's first line.
@Suite struct LineEndTests {
    private static let pair = Signature(inputs: [
        ModelInput(name: "text", kind: .string, minimumLength: 1), ModelInput(name: "n", kind: .int),
    ])

    private func scan(
        _ table: String, _ signature: Signature = LineEndTests.pair, _ options: CSVOptions = CSVOptions()
    ) throws -> (rows: Rows, scanner: CSVScanner) {
        var scanner = CSVScanner(signature: signature, options: options)
        var builder = RowsBuilder(signature: signature, chunkRows: .max, chunkBytes: 1 << 30)
        let chunks = try scanner.scanAll(Array(table.utf8), into: &builder)
        return (chunks.first ?? builder.take(), scanner)
    }

    @Test(arguments: ["\n", "\r\n", "\r\r\n", "\r"], [true, false])
    func `each way of ending lines gives the same rows, however they are cut`(end: String, isEnded: Bool) throws {
        let lines = ["text,n", "\"a\(end)b\",1", "c,2", "\"d\",3"]
        let bytes = Array((lines.joined(separator: end) + (isEnded ? end : "")).utf8)
        for window in [3, 1_000] {
            let options = CSVOptions(idColumn: "n", sniffedBytes: window)
            let scanner = CSVScanner(signature: Self.pair, options: options)
            let scan = try RecordScan(bytes, scanner, Self.pair)
            #expect(scan.rows.flatMap { $0.texts(0) } == ["a\(end)b", "c", "d"])
            #expect(
                scan.rows.flatMap { $0.integers(1) } == [1, 2, 3] && scan.rows.flatMap(\.idTexts) == ["1", "2", "3"])
            scan.expectCover(bytes)
            for cut in 0...bytes.count { #expect(try RecordScan(bytes, scanner, Self.pair, cuts: [cut]) == scan) }
            #expect(try RecordScan(bytes, scanner, Self.pair, cuts: Array(0...bytes.count)) == scan)
            try scan.expectResumes(bytes, options, Self.pair)
        }
    }

    @Test func `ends of several kinds may stand in one table`() throws {
        let (rows, scanner) = try scan("text,n\ra,1\nb,2\r\r\nc,3\r\nd,x\re,5")
        #expect(rows.texts(0) == ["a", "b", "c", "e"] && rows.faults.map(\.line) == [5])
        #expect(scanner.blankLines.count == 0)
    }

    @Test func `a record that is too long ends at a carriage return, too`() throws {
        let long = String(repeating: "x", count: 40)
        let bytes = Array("text,n\ra,1\r\(long),2\r\rb,3\r\(long),4\r\r\nc,5\r".utf8)
        let options = CSVOptions(rowBytes: 20)
        let scanner = CSVScanner(signature: Self.pair, options: options)
        let scan = try RecordScan(bytes, scanner, Self.pair)
        #expect(scan.rows.flatMap(\.codes) == [.rowTooLarge, .rowTooLarge])
        #expect(scan.rows.flatMap { $0.integers(1) } == [1, 3, 5])
        scan.expectCover(bytes)
        for cut in 0...bytes.count { #expect(try RecordScan(bytes, scanner, Self.pair, cuts: [cut]) == scan) }
        #expect(try RecordScan(bytes, scanner, Self.pair, cuts: Array(0...bytes.count)) == scan)
    }

    // MARK: Blank lines

    @Test(arguments: ["\n", "\r\n", "\r\r\n", "\r"])
    func `blank lines between rows are skipped and counted`(end: String) throws {
        let table = ["text,n", "a,1", "", "b,2", "", "", "c,x", ""].joined(separator: end)
        let (rows, scanner) = try scan(table + end)
        #expect(rows.texts(0) == ["a", "b"] && rows.faults.map(\.line) == [7])
        #expect(scanner.blankLines.count == 4 && scanner.blankLines.firstLine == 3)
    }

    @Test func `what goes on behind a break counts on`() throws {
        let bytes = Array("text,n\n\na,1\n\nb,2\n".utf8)
        let scanner = CSVScanner(signature: Self.pair)
        let scan = try RecordScan(bytes, scanner, Self.pair)
        #expect(scan.resumptions.map { $0?.blankLines.count } == [1, 2, 2])
        try scan.expectResumes(bytes, CSVOptions(), Self.pair)
    }

    @Test(arguments: ["\n", "\r\n", "\r\r\n", "\r"])
    func `a blank line in a table of one column is an empty cell`(end: String) throws {
        let table = ["", "spend", "1", "", "3", "", "5", ""].joined(separator: end)
        let spend = Signature(inputs: [ModelInput(name: "spend", kind: .float, missing: .number(2))])
        let (rows, scanner) = try scan(table, spend)
        #expect(rows.floats(0) == [1, 2, 3, 2, 5])
        #expect(scanner.blankLines.count == 1 && scanner.blankLines.firstLine == 1)
        let strict = Signature(inputs: [ModelInput(name: "spend", kind: .float)])
        #expect(try scan(table, strict).rows.codes == [.missingInput, .missingInput])
    }

    // MARK: Excel's line

    @Test(arguments: [
        (";", "sep=;"), (",", "sep=,"), (";", "\"sep=;\""), ("\t", "SEP=\t"), ("|", "Sep=|"), ("\t", "sep=\\t"),
        (";", "sep=;;;"), (",", "\"sep=,\",,"),
    ])
    func `a first line that names the delimiter is no header`(delimiter: String, hint: String) throws {
        let d = delimiter
        for (mark, end) in [("", "\r\n"), ("\u{FEFF}", "\n"), ("", "\r"), ("\u{FEFF}", "\r\r\n")] {
            let lines = [hint, "note\(d)text\(d)n", "x\(d)\"a\(d)b\"\(d)1", "y\(d)c\(d)2"]
            let bytes = Array((mark + lines.joined(separator: end) + end).utf8)
            for options in [
                CSVOptions(), CSVOptions(sniffedBytes: 5), CSVOptions(delimiter: CSVDelimiter(rawValue: d)!),
            ] {
                let scanner = CSVScanner(signature: Self.pair, options: options)
                let scan = try RecordScan(bytes, scanner, Self.pair)
                #expect(scan.rows.flatMap { $0.texts(0) } == ["a\(d)b", "c"])
                #expect(scan.rows.flatMap { $0.integers(1) } == [1, 2])
                #expect(scan.spans[0].headerBytes == (mark + lines[0] + end + lines[1] + end).utf8.count)
                for cut in 0...bytes.count { #expect(try RecordScan(bytes, scanner, Self.pair, cuts: [cut]) == scan) }
                try scan.expectResumes(bytes, options, Self.pair)
            }
        }
    }

    @Test func `the hint is kept where it was, and the header behind it read again`() throws {
        let bytes = Array("sep=;\r\nn;text\r\n1;a\r\n".utf8)
        var scanner = CSVScanner(signature: Self.pair)
        var builder = RowsBuilder(signature: Self.pair)
        _ = try scanner.scanAll(bytes, into: &builder)
        let spans = scanner.takeRecords()
        let resumption = try #require(scanner.resumption)
        #expect(try CSVHeader(Array(bytes[..<spans.headerBytes]), resumption).names == ["n", "text"])
        var output: [UInt8] = []
        CSVExtension(format: resumption.format).write(bytes[..<spans.headerBytes], adding: [.text("p")], to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "sep=;\r\nn;text;p\r\n")
        #expect(spans.nextLine == 4)
    }

    @Test(arguments: [
        ("sep=^\ntext^n\na^1\n", CSVDelimiter?.none, CSVAmbiguity.unknownHint),
        ("sep=;\ntext;n\na;1\n", .comma, .contradictingHint),
    ])
    func `a hint that cannot be followed is refused`(table: String, delimiter: CSVDelimiter?, ambiguity: CSVAmbiguity) {
        let error = #expect(throws: IntakeError.self) {
            try scan(table, LineEndTests.pair, CSVOptions(delimiter: delimiter))
        }
        #expect(error == .ambiguousFormat(ambiguity))
    }

    @Test(arguments: ["sep=a,b;text;n", "sep=;x\ntext;n", "sep", "sep=", "separator=;"])
    func `a column whose name begins so is a column`(header: String) {
        #expect(Array(header.utf8).withUnsafeBytes { SeparatorHint.first(of: $0, isWhole: true) } == nil)
    }

    // MARK: A header and nothing else

    @Test(arguments: [
        ("text,n\n", false), ("\u{FEFF}text,n\r\n\r\n", false), ("text,n", true), ("text,na,1b,2", true),
        ("sep=;", true),
    ])
    func `a header alone is told, and a whole file in one line`(table: String, isOneLine: Bool) {
        do {
            let (rows, scanner) = try scan(table)
            #expect(rows.count == 0 && scanner.emptiness == .headerAlone(isOneLine: isOneLine))
        } catch {
            #expect(error as? IntakeError == .headerAlone(isOneLine: true) || table == "sep=;", "\(error)")
        }
    }
}
