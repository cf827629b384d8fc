import Core
import Testing

@testable import Intake

/// The spans of the records cover the input, and each row's slice is its own record.
@Suite struct RecordSpansTests {
    /// A table in parts, written with commas and LF: what belongs to the header, to each row, and to none.
    private struct Table {
        var header: String
        var records: [String]
        var tail = ""

        func parts(delimiter: String, lineEnd: String) -> [String] {
            ([header] + records + [tail]).map { part in
                part.unicodeScalars.reduce(into: "") {
                    $0 += $1 == "," ? delimiter : $1 == "\n" ? lineEnd : String($1)
                }
            }
        }
    }

    private static let tables = [
        Table(header: "id,text\n", records: ["1,a\n", "2,b\n"]),
        Table(header: "\n\nid,text\n", records: ["\n\n1,\"a\nb\"\n", "\"x\"y,2\n", "\n1,2,3\n", "3,ok"]),
        Table(
            header: "id,text\n", records: ["1,é€\n", "2,\(String(repeating: "ü", count: 40))\n", "\n3,é\n"],
            tail: "\n\n"),
        Table(
            header: "text,id\n", records: ["\(String(repeating: "z", count: 40)),\"\n1\"\n", "\u{20AC},\n"],
            tail: "\n"),
        Table(header: "text,id\n", records: ["a,1\n", String(repeating: "é", count: 50)]),
        Table(header: "id,text\n", records: [], tail: "\n\n"), Table(header: "id,text", records: []),
    ]

    /// How a table's text becomes bytes.
    private struct Writing {
        var encoding: CSVEncoding
        var mark: [UInt8] = []
        var source: TextForm?

        func bytes(_ text: String) -> [UInt8] {
            source.map { DialectTests.encode(text, as: $0) } ?? Array(text.utf8)
        }

        static let all = [
            Writing(encoding: .utf8), Writing(encoding: .utf8, mark: [0xEF, 0xBB, 0xBF]),
            Writing(encoding: .windows1252, source: .windows1252),
            Writing(encoding: .utf16, mark: [0xFF, 0xFE], source: .utf16LittleEndian),
            Writing(encoding: .utf16, mark: [0xFE, 0xFF], source: .utf16BigEndian),
        ]
    }

    @Test(arguments: 0..<7, 0..<5)
    func `each row of a table has its own record, however it is written and cut`(table: Int, writing: Int) throws {
        let (table, writing) = (Self.tables[table], Writing.all[writing])
        for (delimiter, lineEnd, window) in [(",", "\n", 14), (";", "\r\n", 40), ("\t", "\n", 500), ("|", "\r\n", 20)] {
            let parts = table.parts(delimiter: delimiter, lineEnd: lineEnd).map(writing.bytes)
            let bytes = writing.mark + parts.flatMap { $0 }
            let options = CSVOptions(
                encoding: writing.encoding, idColumn: "id", rowBytes: 32, sniffedBytes: window)
            let scanner = CSVScanner(signature: Samples.text, options: options)
            let scan = try RecordScan(bytes, scanner)
            #expect(scan.spans[0].headerBytes == writing.mark.count + parts[0].count)
            #expect(scan.lengths == parts.dropFirst().dropLast().map(\.count))
            #expect(scan.spans.last?.tailBytes == parts.last?.count)
            for (row, record) in table.records.enumerated() where record.hasSuffix("\n") {
                let lines = ([table.header] + table.records[...row]).joined().utf8.count { $0 == 0x0A }
                #expect(scan.spans[row].nextLine == lines + 1)
            }
            for cut in stride(from: 0, through: bytes.count, by: window == 14 ? 1 : 7) {
                #expect(try RecordScan(bytes, scanner, cuts: [cut]) == scan)
            }
            #expect(try RecordScan(bytes, scanner, cuts: Array(0...bytes.count)) == scan)
            for chunkRows in 2...4 {
                let chunked = try RecordScan(
                    bytes, scanner, chunkRows: chunkRows, cuts: Array(stride(from: 0, to: bytes.count, by: 5)))
                #expect(chunked.lengths == scan.lengths)
                chunked.expectCover(bytes)
            }
            try scan.expectResumes(bytes, options)
        }
    }

    @Test(arguments: [
        (TextForm.utf16LittleEndian, [UInt8(0x41)]), (.utf16LittleEndian, [0x3D, 0xD8]),
        (.utf16BigEndian, [0xD8]), (.utf16BigEndian, [0xD8, 0x3D]), (.utf16BigEndian, [0xD8, 0x3D, 0xDE]),
    ])
    func `half a character at the end belongs to the last record`(source: TextForm, half: [UInt8]) throws {
        let mark: [UInt8] = source == .utf16BigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]
        for last in ["", "b", "b\u{1F600}", String(repeating: "long", count: 20)] {
            let parts = ["text\n", "a\u{1F600}\n", last].map { DialectTests.encode($0, as: source) }
            let bytes = mark + parts.flatMap { $0 } + half
            let options = CSVOptions(rowBytes: 32)
            let scan = try RecordScan(bytes, CSVScanner(signature: Samples.text, options: options))
            #expect(scan.lengths == [parts[1].count, parts[2].count + half.count])
            #expect(scan.spans.last?.tailBytes == 0)
            try scan.expectResumes(bytes, options)
        }
    }

    @Test func `a character that does not exist counts as the unit it stands for`() throws {
        let mark: [UInt8] = [0xFF, 0xFE]
        let records: [[UInt8]] = [
            [0x3D, 0xD8, 0x61, 0x00, 0x0A, 0x00], [0x00, 0xDE, 0x0A, 0x00], [0x62, 0x00, 0x0A, 0x00],
        ]
        let bytes = mark + DialectTests.encode("text\n", as: .utf16LittleEndian) + records.flatMap { $0 }
        let scan = try RecordScan(bytes, CSVScanner(signature: Samples.text))
        #expect(scan.lengths == records.map(\.count) && scan.rows.flatMap(\.codes) == [.invalidUTF8, .invalidUTF8])
        try scan.expectResumes(bytes, CSVOptions())
        let narrow = Array("text\n".utf8) + [0x81, 0x0A, 0x61, 0x8D, 0xE9, 0x0A]
        let options = CSVOptions(encoding: .windows1252)
        #expect(try RecordScan(narrow, CSVScanner(signature: Samples.text, options: options)).lengths == [2, 4])
    }

    @Test(arguments: [
        (["\u{FEFF}{\"text\":\"é\"}\r\n", "\n  \n[\"b\"]\n", "{\n", "\n\"c\""], ""),
        (["\"123456789012345678901234567890\"\n", "\n\"a\"\n", "\"1234567890123456789012345678901\n"], "\n \n"),
        (["\u{FEFF}\n\"a\"\n", "\u{FEFF}\"a\"\n"], ""), ([], "\u{FEFF}\n\n"), ([], ""),
    ])
    func `each row of lines has its own record, however it is cut`(records: [String], tail: String) throws {
        let bytes = Array((records.joined() + tail).utf8)
        let scanner = NDJSONScanner(signature: Samples.text, rowBytes: 30)
        let scan = try RecordScan(bytes, scanner)
        #expect(scan.lengths == records.map(\.utf8.count))
        #expect(scan.spans.last?.tailBytes == tail.utf8.count && scan.spans[0].headerBytes == 0)
        for cut in 0...bytes.count { #expect(try RecordScan(bytes, scanner, cuts: [cut]) == scan) }
        #expect(try RecordScan(bytes, scanner, cuts: Array(0...bytes.count)) == scan)
        try scan.expectResumes(bytes) { scan, chunk in
            NDJSONScanner(signature: Samples.text, rowBytes: 30, line: scan.spans[chunk].nextLine)
        }
    }

    @Test func `what is passed between two rows is bounded, and within the bound kept with a row`() throws {
        let long = [UInt8](repeating: UInt8(ascii: "z"), count: 5 << 20)
        let blank = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20) + [0x0A]
        let blanks = (0..<9).flatMap { _ in blank }
        for cuts in [[], Array(stride(from: 100, to: 5 << 20, by: 60_000))] {
            let table = Array("text\na\n".utf8) + long + Array("\nb\n".utf8)
            let scan = try RecordScan(table, CSVScanner(signature: Samples.text), cuts: cuts)
            #expect(scan.lengths == [2, long.count + 1, 2] && scan.rows.flatMap(\.codes) == [.rowTooLarge])
            let lines = try RecordScan(
                Array("\"a\"\n".utf8) + long + [0x0A], NDJSONScanner(signature: Samples.text), cuts: cuts)
            #expect(lines.lengths == [4, long.count + 1])
            for (input, scanner) in [
                (Array("text\na\n".utf8) + long + long, CSVScanner(signature: Samples.text) as any RowScanner),
                (Array("\"a\"\n".utf8) + long + long, NDJSONScanner(signature: Samples.text)),
                (Array("\"a\"\n".utf8) + blanks, NDJSONScanner(signature: Samples.text)),
            ] {
                let error = #expect(throws: IntakeError.self) { try RecordScan(input, scanner, cuts: cuts) }
                #expect(error?.code == .rowTooLarge)
            }
        }
    }

    @Test func `a chunk is full by the bytes of its records too`() throws {
        let note = String(repeating: "n", count: 500_000)
        let table = "note,text\n" + String(repeating: "\(note),a\n", count: 20)
        let scan = try RecordScan(
            Array(table.utf8), CSVScanner(signature: Samples.text), chunkRows: 4_096, cuts: [1_000_000])
        #expect(scan.rows.map(\.count) == [9, 9, 2])
    }
}
