import Core
import Testing

@testable import Intake

@Suite struct BooleanTests {
    private static let loyal = Signature(inputs: [ModelInput(name: "loyal", kind: .bool, missing: .number(1))])

    private func scan(_ cells: [String], _ options: CSVOptions = CSVOptions()) throws -> Rows {
        try Samples.csv("n,loyal\n" + cells.map { "1,\($0)\n" }.joined(), Self.loyal, options)
    }

    @Test func `true and false are read in the words of four languages, in any letter case`() throws {
        let pairs = [
            ("true", "FALSE"), ("1", "0"), ("Yes", "no"), ("y", "N"), ("T", "f"), ("on", "Off"), ("JA", "nein"),
            ("j", "n"), ("wahr", "Falsch"), ("oui", "non"), ("vrai", "faux"), ("sí", "no"), ("SÍ", "No"), ("si", "no"),
            ("Verdadero", "falso"), ("  yes ", "\tno"), ("si\u{301}", "no"),
        ]
        let rows = try scan(pairs.flatMap { [$0.0, $0.1] } + [""])
        #expect(rows.faults.isEmpty)
        #expect(rows.integers(0) == pairs.flatMap { _ in [1, 0] } + [1])
    }

    @Test(arguments: ["x", "2", "10", "tru", "truee", "yes no", "-1", "verdader", "ﬀ", "\u{212A}", "nul"])
    func `another word fails its row without being repeated`(cell: String) throws {
        let rows = try scan([cell, "yes"])
        #expect(rows.codes == [.wrongType] && rows.integers(0) == [1])
        #expect(rows.faults[0].message.hasPrefix("The input `loyal` must be true or false, 1 or 0, yes or no"))
    }

    @Test func `only the stated words count`() throws {
        let options = CSVOptions(booleans: CSVBooleans(" Käufer , kein Käufer"))
        let rows = try scan(["käufer", "KEIN KÄUFER", "true", "1", "", "kein"], options)
        #expect(rows.integers(0) == [1, 0, 1] && rows.codes == [.wrongType, .wrongType, .wrongType])
        #expect(rows.faults[0].message == "The input `loyal` must be `Käufer` or `kein Käufer`.")
        #expect(try scan(["0", "1"], CSVOptions(booleans: CSVBooleans("0,1"))).integers(0) == [1, 0])
    }

    @Test func `the format echoes the words`() throws {
        for (stated, echo) in [("ja, nein", "ja,nein"), (nil, "auto")] {
            let options = CSVOptions(booleans: stated.flatMap { CSVBooleans($0) })
            var scanner = CSVScanner(signature: Self.loyal, options: options)
            var builder = RowsBuilder(signature: Self.loyal)
            _ = try scanner.scanAll(Array("loyal\nja\n".utf8), into: &builder)
            #expect(scanner.format?.booleans == echo && builder.report.total == 0)
        }
    }

    @Test(arguments: [
        "", "ja", "ja,", ",nein", " ,nein", "ja,ja", "ja,JA", "a,b,c", "\(String(repeating: "a", count: 65)),b",
    ])
    func `two words are stated that differ`(text: String) {
        #expect(CSVBooleans(text) == nil)
    }

    @Test func `a row of JSON says true or false`() throws {
        #expect(try Samples.ndjson("{\"loyal\":\"yes\"}\n{\"loyal\":1}", Self.loyal).codes == [.wrongType, .wrongType])
    }
}
