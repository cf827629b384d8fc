import Core
import Intake
import Testing

@Suite struct CSVScannerTests {
    @Test func `columns are found by name and others pass`() throws {
        let rows = try Samples.csv(
            "id,sepal_width,note,sepal_length\n1,3.5,\"x, \"\"y\"\"\",5.1\n2,3,\u{0},4.9\n", Samples.iris)
        #expect(rows.count == 2)
        #expect(rows.floats(0) == [5.1, 4.9])
        #expect(rows.floats(1) == [3.5, 3])
        #expect(rows.ids == nil)
    }

    @Test(arguments: [
        "text\na\nb", "text\r\na\r\nb\r\n", "\u{FEFF}text\na\r\nb\n", "\"text\"\n\"a\"\n\"b\"", "text\na\nb\r",
        "\n\r\ntext\ra\rb", "text\r\r\na\r\r\nb\r\r\n", "text\ra\nb\r\n", "\u{FEFF}\"text\"\r\"a\"\r\r\n\"b\"\r",
    ])
    func `line ends and marks do not matter`(input: String) throws {
        let rows = try Samples.csv(input, Samples.text)
        #expect(rows.texts(0) == ["a", "b"])
        #expect(rows.faults.isEmpty)
    }

    @Test func `quoted fields hold delimiters, line ends and quotes`() throws {
        let rows = try Samples.csv("text,n\n\"a,b\r\nc\"\"d\"\"\",1\n\"\"\"\"\"\",2\n5\" pipe,3\n", Samples.text)
        #expect(rows.texts(0) == ["a,b\r\nc\"d\"", "\"\"", "5\" pipe"])
    }

    @Test func `every kind of cell is read, and an empty one is missing`() throws {
        let rows = try Samples.csv(
            "review;age;spend;loyal\nfine; 41 ;1e3;TRUE\nso so;;;\nbad;+7;-.5;0\nok;5.0;\"2.5\";1\n", Samples.mixed,
            CSVOptions(delimiter: .semicolon))
        #expect(rows.faults.isEmpty)
        #expect(rows.texts(0) == ["fine", "so so", "bad", "ok"])
        #expect(rows.integers(1) == [41, 30, 7, 5])
        #expect(rows.floats(2)[0] == 1_000 && rows.floats(2)[1].isNaN && rows.floats(2)[2] == -0.5)
        #expect(rows.integers(3) == [1, 0, 0, 1])
    }

    @Test(arguments: [
        (",1,1,1", ErrorCode.missingInput, "/review"), ("  ,1,1,1", .blankText, "/review"),
        ("\u{3000}\u{A0},1,1,1", .blankText, "/review"), ("x,1.5,1,1", .wrongType, "/age"),
        ("x,151,1,1", .outOfBounds, "/age"), ("x,-1,1,1", .outOfBounds, "/age"), ("x,abc,1,1", .wrongType, "/age"),
        ("x,1,nan,1", .wrongType, "/spend"), ("x,1,1e400,1", .outOfBounds, "/spend"),
        ("x,1,-3.5e38,1", .outOfBounds, "/spend"), ("x,1,1,maybe", .wrongType, "/loyal"),
        ("x,1,1,\u{11}", .wrongType, "/loyal"), ("x,1,1", .wrongColumnCount, ""), ("x,1,1,1,1", .wrongColumnCount, ""),
        ("\"x\"y,1,1,1", .malformedCSV, ""), ("a\u{0}b,1,1,1", .wrongType, "/review"),
        ("\(String(repeating: "é", count: 41)),1,1,1", .textTooLong, "/review"),
    ])
    func `a bad row fails alone with its line and input`(row: String, code: ErrorCode, pointer: String) throws {
        let rows = try Samples.csv("review,age,spend,loyal\nfirst,1,1,1\n\(row)\nlast,1,1,1\n", Samples.mixed)
        #expect(rows.count == 3)
        #expect(rows.texts(0) == ["first", "last"])
        #expect(rows.columns.allSatisfy { $0.count == 2 })
        #expect(rows.codes == [code])
        #expect(rows.faults.first?.pointer == pointer)
        #expect(rows.faults.first?.row == 1 && rows.faults.first?.line == 3)
    }

    @Test func `a text of the greatest length fits, whatever its bytes and outer spaces`() throws {
        let text = "  " + String(repeating: "\u{1F600}", count: 40) + "\t"
        #expect(try Samples.csv("review,age,spend,loyal\n\(text),,,", Samples.mixed).texts(0) == [text])
    }

    @Test func `lines are counted through quoted line ends and blank lines`() throws {
        let rows = try Samples.csv("text,n\n\"a\nb\",1\n\n ,2\n\"c\r\n\r\r\n\",3\r ,4", Samples.text)
        #expect(rows.faults.map(\.line) == [5, 10])
    }

    @Test func `ids are kept for good and bad rows`() throws {
        let rows = try Samples.csv(
            "text,id\na,c-1\n ,c-2\nb,\nc,\"c\"\"4\"\n", Samples.text, CSVOptions(idColumn: "id"))
        #expect(rows.idTexts == ["c-1", "c-2", "", "c\"4"])
        #expect(rows.codes == [.blankText])
    }

    @Test func `an id column may be an input too`() throws {
        let rows = try Samples.csv("text\na\n", Samples.text, CSVOptions(idColumn: "text"))
        #expect(rows.idTexts == ["a"] && rows.texts(0) == ["a"])
    }

    @Test func `ill-formed UTF-8 matters only in an input`() throws {
        let bytes = Array("note,text\n".utf8) + [0xFF, 0x2C, 0x61, 0x0A, 0x61, 0x2C, 0xFF, 0x0A]
        let rows = try Samples.scan(
            bytes, CSVScanner(signature: Samples.text, options: CSVOptions(encoding: .utf8)), Samples.text)
        #expect(rows.codes == [.invalidUTF8])
        #expect(rows.texts(0) == ["a"])
    }

    @Test(arguments: [
        ("", ErrorCode.malformedCSV), ("\n\n", .malformedCSV), ("txt,b\n1,2\n", .missingColumn),
        ("text,text\n1,2\n", .duplicateColumn), ("Text,TEXT\n1,2\n", .duplicateColumn),
        ("text\n\"abc\n", .malformedCSV), ("\"text\n", .malformedCSV), ("\"text\"x\n", .malformedCSV),
        (String(repeating: "a,", count: 10_000) + "text\n", .rowTooLarge),
    ])
    func `a table without a clear header is refused whole`(input: String, code: ErrorCode) throws {
        let error = #expect(throws: IntakeError.self) { try Samples.csv(input, Samples.text) }
        #expect(error?.code == code)
    }

    @Test func `a missing column is told with what was found and what is nearest`() throws {
        let error = #expect(throws: IntakeError.self) {
            try Samples.csv("sepal_length,sepal_widht,\u{1B}[31mred\n1,2,3\n", Samples.iris)
        }
        #expect(
            error?.message == "The header lacks `sepal_width`; it has 3 columns: `sepal_length`, `sepal_widht`, "
                + "`[31mred`. Name the column of each input: `map.sepal_width=sepal_widht`.")
    }

    @Test func `a record over its bound fails alone, unless a quote hides its end`() throws {
        let options = CSVOptions(rowBytes: 20)
        let long = String(repeating: "x", count: 30)
        let rows = try Samples.csv("text\na\n\(long)\nb\n\(long)", Samples.text, options)
        #expect(rows.texts(0) == ["a", "b"])
        #expect(rows.codes == [.rowTooLarge, .rowTooLarge])
        #expect(rows.faults.map(\.line) == [3, 5])
        let error = #expect(throws: IntakeError.self) {
            try Samples.csv("text\na\n\"\(long)\"\nb\n", Samples.text, options)
        }
        #expect(error == .rowTooLarge(line: 3))
    }

    @Test func `the scanner stops when the builder is full and goes on after it`() throws {
        var scanner = CSVScanner(signature: Samples.text)
        var builder = RowsBuilder(signature: Samples.text, chunkRows: 2)
        let chunks = try scanner.scanAll(Array("text\na\nb\nc\nd\n \nf".utf8), into: &builder)
        #expect(chunks.map(\.count) == [2, 2, 2])
        #expect(chunks[2].faults.map(\.row) == [0])
        #expect(builder.report.faults.map(\.row) == [4])
        #expect(builder.totalCount == 6)
    }

    @Test func `a chunk is full by bytes too`() throws {
        var scanner = CSVScanner(signature: Samples.text)
        var builder = RowsBuilder(signature: Samples.text, chunkBytes: 1_000)
        let row = String(repeating: "y", count: 400)
        let chunks = try scanner.scanAll(Array("text\n\(row)\n\(row)\n\(row)\n\(row)\n".utf8), into: &builder)
        #expect(chunks.map(\.count) == [3, 1])
    }
}
