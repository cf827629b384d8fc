import Core
import Intake
import Testing

/// Rows that are written and scanned again are the same rows, in every format.
@Suite struct RoundTripTests {
    private struct Row {
        var review: String
        var age: Int64
        var spend: Float
        var loyal: Bool
        var id: String
    }

    private let seed = UInt64.random(in: 0 ... .max)

    @Test func `random rows come back from a table`() throws {
        for delimiter in [",", ";", "\t", "|"] {
            let rows = makeRows()
            let lines = rows.map { row in
                [quoted(row.id), quoted(row.review), "\(row.age)", "\(row.spend)", row.loyal ? "True" : "0"]
                    .joined(separator: delimiter)
            }
            let header = ["id", "comment", "age", "Spend", "loyal"].joined(separator: delimiter)
            let options = CSVOptions(decimal: .point, idColumn: "id")
            let scanned = try Samples.csv(
                ([header] + lines).joined(separator: "\r\n"), Samples.mixed, options)
            expect(scanned, rows)
        }
    }

    @Test func `random rows come back from lines of JSON`() throws {
        let rows = makeRows()
        let scanned = try Samples.scan(
            rows.flatMap { json($0) + [0x0A] }, NDJSONScanner(signature: Samples.mixed), Samples.mixed, piece: 777)
        expect(scanned, rows)
    }

    @Test func `random rows come back from a body`() throws {
        let rows = makeRows()
        let body = Array("{\"inputs\":[".utf8) + rows.map(json).joined(separator: [0x2C]) + Array("]}".utf8)
        let (scanned, report) = try Samples.submission(String(decoding: body, as: UTF8.self), Samples.mixed)
        #expect(report.total == 0)
        expect(scanned, rows)
    }

    private func expect(_ scanned: Rows, _ rows: [Row]) {
        #expect(scanned.faults.isEmpty, "seed \(seed)")
        #expect(scanned.texts(0) == rows.map(\.review), "seed \(seed)")
        #expect(scanned.integers(1) == rows.map(\.age), "seed \(seed)")
        #expect(scanned.floats(2) == rows.map(\.spend), "seed \(seed)")
        #expect(scanned.integers(3) == rows.map { $0.loyal ? 1 : 0 }, "seed \(seed)")
        #expect(scanned.idTexts == rows.map(\.id), "seed \(seed)")
    }

    private func makeRows() -> [Row] {
        var generator = SeededGenerator(state: seed)
        let letters = Array("ab\"\\,;|\t\n\r /é\u{1F600}\u{7FF}\u{800}\u{FFFF}\u{1}\u{7F}".unicodeScalars)
        return (0..<500).map { number in
            var review = "x"
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                review.unicodeScalars.append(letters.randomElement(using: &generator)!)
            }
            let bits = UInt32.random(in: 0..<0x7F80_0000, using: &generator)
            return Row(
                review: review, age: .random(in: 0...150, using: &generator), spend: Float(bitPattern: bits),
                loyal: .random(using: &generator), id: "c-\(number)")
        }
    }

    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars { quoted += scalar == "\"" ? "\"\"" : String(scalar) }
        return quoted + "\""
    }

    private func json(_ row: Row) -> [UInt8] {
        JSONWriter.write { json in
            json.object { json in
                json.key("loyal"); json.value(row.loyal)
                json.key("id"); json.value(row.id)
                json.key("review"); json.value(row.review)
                json.key("spend"); json.value(row.spend)
                json.key("age"); json.value(Int(row.age))
            }
        }
    }
}
