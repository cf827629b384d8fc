import Core
@testable import Intake
import Testing

/// A stream may be cut anywhere; the rows must not show where.
@Suite struct SplitTests {
    private static let tables = [
        "text,id\na,1\n\"b,\r\nc\"\"\",2\r\n\n\r\n,3\n\"x\"y,4\nd,e,f\n\"\",\"\"\"\"\n5\" \"\"p,6\r\nlast,\"7\"",
        "\u{FEFF}\"text\",id\r\n\"é\u{1F600}\n\n\",1\r\n \r\n\"\"\"\",2\r\nx,y\r",
        "\u{FEFF}\"id,\n\",text\n1,a\n,b", "text\n\n\"a\"\n\"\"\nb", "id,text\n\"1\n\"\"\n\",\"z\"\n",
        "text,id\n123456789012345678901,1\n12345678,2\n\"1234567890\"x12345678\"\n\",3\nok,4\n1234567890123456789",
    ]

    @Test(arguments: tables)
    func `a table gives the same rows cut at any two places`(table: String) throws {
        let stated = CSVOptions(delimiter: .comma, encoding: .utf8, idColumn: "text", rowBytes: 24)
        try compare(Array(table.utf8), CSVScanner(signature: Samples.text, options: stated))
        let sniffed = CSVOptions(idColumn: "text", rowBytes: 24, sniffedBytes: 11)
        try compare(Array(table.utf8), CSVScanner(signature: Samples.text, options: sniffed))
    }

    @Test(arguments: [
        "text\na\n\"never closed, and over the bound", "text\n\"open", "\"text", "text,text\na", "txt\n", "\n\r\n",
        "\u{FEFF}",
        "text\na\nthis row is over its bound \"of\", twenty-four\nb", "text\na\nthis row is over its bound,\"and open",
    ])
    func `a table that is refused is refused however it is cut`(table: String) throws {
        let stated = CSVOptions(delimiter: .comma, encoding: .utf8, rowBytes: 24)
        try compare(Array(table.utf8), CSVScanner(signature: Samples.text, options: stated))
        let sniffed = CSVOptions(rowBytes: 24, sniffedBytes: 5)
        try compare(Array(table.utf8), CSVScanner(signature: Samples.text, options: sniffed))
    }

    @Test(
        arguments: [
            "n;sepal_length;sepal_width\n1;1.234;3,5\n\"2\";\"12,5\";7\n3;1.5;2",
            "sepal_width|sepal_length\n1.5|2\n1,5|2\n",
            "sepal_length\tsepal_width\n1\t2\n1.234\t2\n1 000\t3",
        ], [20, 40, 500])
    func `numbers are the same cut at any place, and at all`(table: String, window: Int) throws {
        let scanner = CSVScanner(signature: Samples.iris, options: CSVOptions(sniffedBytes: window))
        try compare(Array(table.utf8), scanner, Samples.iris, atTwoPlaces: false)
    }

    @Test(arguments: [
        (TextForm.windows1252, [UInt8]()), (.utf16LittleEndian, [0xFF, 0xFE]),
        (.utf16BigEndian, [0xFE, 0xFF]),
    ])
    func `every character set gives the same rows cut at any place, and at all`(
        source: TextForm, mark: [UInt8]
    ) throws {
        let table = "id;text\n\u{20AC};ä\u{FC}\n\u{E9};\"a;\nb\"\n"
        let bytes = mark + DialectTests.encode(table, as: source) + (source == .utf16BigEndian ? [0xD8] : [])
        for window in [14, 500] {
            let options = CSVOptions(
                encoding: source == .windows1252 ? .windows1252 : nil, idColumn: "id", sniffedBytes: window)
            try compare(bytes, CSVScanner(signature: Samples.text, options: options), atTwoPlaces: false)
        }
    }

    @Test(arguments: [
        "\u{FEFF}{\"text\":\"é\\n\"}\r\n\n[\"b\"]\n{\"id\":1,\"text\":5}\n  \n\"c\"\n{\n\"\u{1F600}\"",
        "\"123456789012345678901234567890\"\n\"a\"\n\"1234567890123456789012345678901",
    ])
    func `lines give the same rows cut at any two places`(lines: String) throws {
        try compare(Array(lines.utf8), NDJSONScanner(signature: Samples.text, rowBytes: 30))
    }

    @Test func `random tables give the same rows in pieces of random sizes`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        let alphabet = Array("ab,\"\"\n\n\r\u{E9}".utf8)
        for _ in 0..<2_000 {
            let noise = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator)!
            }
            let bytes = Array("text,id\n".utf8) + noise
            let scanner = CSVScanner(
                signature: Samples.text,
                options: Bool.random(using: &generator)
                    ? CSVOptions(idColumn: "id", rowBytes: 32, sniffedBytes: 16)
                    : CSVOptions(delimiter: .comma, encoding: .utf8, idColumn: "id", rowBytes: 32))
            let whole = outcome(bytes, scanner, cuts: [])
            let cuts = (0..<4).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            #expect(outcome(bytes, scanner, cuts: cuts) == whole, "seed \(seed), \(bytes), \(cuts)")
            #expect(outcome(bytes, scanner, cuts: Array(1..<bytes.count)) == whole, "seed \(seed), \(bytes)")
        }
    }

    private enum Outcome: Equatable {
        case rows(Rows, FaultReport)
        case error(IntakeError)
    }

    private func compare(
        _ bytes: [UInt8], _ scanner: any RowScanner, _ signature: Signature = Samples.text, atTwoPlaces: Bool = true
    ) throws {
        let outcome = { self.outcome($0, scanner, signature, cuts: $1) }
        let whole = outcome(bytes, [])
        for first in 0...bytes.count {
            for second in first...(atTwoPlaces ? bytes.count : first) {
                #expect(outcome(bytes, [first, second]) == whole, "cut at \(first) and \(second)")
            }
        }
        #expect(outcome(bytes, Array(0...bytes.count)) == whole)
    }

    /// Scans pieces between cuts; each piece in a buffer of its own size, so that a read past it would show.
    private func outcome(
        _ bytes: [UInt8], _ scanner: any RowScanner, _ signature: Signature = Samples.text, cuts: [Int]
    ) -> Outcome {
        var scanner = scanner
        var builder = RowsBuilder(signature: signature, chunkRows: .max)
        do {
            for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
                let piece = Array(bytes[start..<end])
                let taken = try scanner.feed(piece[...], into: &builder)
                #expect(taken == piece.count)
            }
            #expect(try !scanner.finish(into: &builder))
            return .rows(builder.take(), builder.report)
        } catch {
            return .error(error as! IntakeError)
        }
    }
}
