import Core
import Testing

@testable import Intake

/// Random inputs: whatever they hold, their spans cover them and every record's end is a place to go on from.
@Suite struct RecordFuzzTests {
    private let seed = UInt64.random(in: 0 ... .max)

    @Test(arguments: [TextForm?.none, .windows1252, .utf16BigEndian])
    func `random tables are covered by their records and resume behind each`(form: TextForm?) throws {
        let encoding: CSVEncoding = form == nil ? .utf8 : form == .windows1252 ? .windows1252 : .utf16
        var generator = SeededGenerator(state: seed)
        let alphabet =
            Array("aab,,,\"\n\n\n\r\r\n\u{E9}\u{20AC}".unicodeScalars)
            + (form == .windows1252 ? [] : ["\u{1F600}", "\u{FEFF}"])
        var scanned = 0
        for _ in 0..<300 {
            var text = "\(Bool.random(using: &generator) ? "\n" : "")text,id\n"
            for _ in 0..<Int.random(in: 0...50, using: &generator) {
                text.unicodeScalars.append(alphabet.randomElement(using: &generator)!)
            }
            var bytes = encode(text, form)
            for _ in 0..<Int.random(in: 0...2, using: &generator) where bytes.count > 30 {
                bytes[.random(in: 24..<bytes.count, using: &generator)] = .random(in: 0x80...0xFF, using: &generator)
            }
            let options = CSVOptions(
                delimiter: .comma, encoding: encoding, idColumn: "id", rowBytes: 28,
                sniffedBytes: .random(in: 2...60, using: &generator))
            let scanner = CSVScanner(signature: Samples.text, options: options)
            guard let scan = try? RecordScan(bytes, scanner) else { continue }
            let comment: Comment = "seed \(seed), \(bytes)"
            scan.expectCover(bytes, comment)
            let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &generator) }.sorted()
            #expect(try RecordScan(bytes, scanner, cuts: cuts) == scan, comment)
            try scan.expectResumes(bytes, options, Samples.text, comment)
            expectOwnRecords(scan, bytes, options, comment)
            scanned += 1
        }
        #expect(scanned > 50)
    }

    /// A row's slice, scanned behind the header alone, is that row.
    private func expectOwnRecords(_ scan: RecordScan, _ bytes: [UInt8], _ options: CSVOptions, _ comment: Comment) {
        let header = bytes[..<scan.spans[0].headerBytes]
        var position = header.count
        for (chunk, span) in scan.spans.enumerated() where span.lengths.count == 1 {
            let record = bytes[position..<(position + Int(span.lengths[0]))]
            position = record.endIndex
            let alone = try? RecordScan(
                Array(header + record), CSVScanner(signature: Samples.text, options: options))
            #expect(alone?.rows[0].columns == scan.rows[chunk].columns, comment)
            #expect(alone?.rows[0].codes == scan.rows[chunk].codes, comment)
        }
    }

    private func encode(_ text: String, _ form: TextForm?) -> [UInt8] {
        guard let form else { return Array(text.utf8) }
        return (form == .utf16BigEndian ? [0xFE, 0xFF] : []) + DialectTests.encode(text, as: form)
    }

    @Test func `random lines are covered by their records and resume behind each`() throws {
        var generator = SeededGenerator(state: seed)
        let words = ["\"a\"", "\n", "\n", "\r\n", " ", "{\"text\":\"b\"}", "[\"c\"]", "{", "\u{FEFF}", "0123456789"]
        for _ in 0..<300 {
            let count = Int.random(in: 0...20, using: &generator)
            let text = (0..<count).map { _ in words.randomElement(using: &generator)! }.joined()
            let bytes = Array(text.utf8)
            let scanner = NDJSONScanner(signature: Samples.text, rowBytes: 24)
            let scan = try RecordScan(bytes, scanner)
            let comment: Comment = "seed \(seed), \(bytes)"
            scan.expectCover(bytes, comment)
            #expect(try RecordScan(bytes, scanner, cuts: Array(0...bytes.count)) == scan, comment)
            try scan.expectResumes(bytes, Samples.text, comment) { scan, chunk in
                NDJSONScanner(signature: Samples.text, rowBytes: 24, line: scan.spans[chunk].nextLine)
            }
        }
    }
}
