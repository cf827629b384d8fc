import Core
import Testing

@testable import Intake

/// Which column feeds which input, and what is said when none does or two could.
@Suite struct ColumnTests {
    private static let customer = Signature(inputs: [
        ModelInput(
            name: "spend", kind: .float, aliases: ["monetary", "total spend (\u{20AC})"], missing: .number(35.99)),
        ModelInput(name: "recency", kind: .float, aliases: ["weeks_since"]),
        ModelInput(name: "age", kind: .int, missing: .notANumber),
    ])

    private func columns(_ header: String, _ options: CSVOptions = CSVOptions()) throws -> [Int?]? {
        var scanner = CSVScanner(signature: Self.customer, options: options)
        var builder = RowsBuilder(signature: Self.customer)
        _ = try scanner.scanAll(Array("\(header)\n".utf8), into: &builder)
        return scanner.mapping?.columnOfInput
    }

    @Test(arguments: [
        ("recency,Spend,monetary", [1, 0, nil]), ("recency,monetary, SPEND ", [2, 0, nil]),
        ("Recency,spend,Spend", [1, 0, nil]), ("weeks_since,MONETARY,x", [1, 0, nil]),
        ("WEEKS_SINCE,Total Spend (\u{20AC}),age", [1, 0, 2]), ("recency,weeks_since,AGE", [nil, 0, 2]),
    ])
    func `an input's own name wins over its aliases, whatever its case`(header: String, expected: [Int?]) throws {
        #expect(try columns(header) == expected)
    }

    @Test(arguments: [
        ("recency,monetary,Total spend (\u{20AC})", "`monetary` (column 2)", "`map.spend=monetary`"),
        ("recency,Monetary,monetary", "`monetary` (column 3)", "`map.spend=Monetary`"),
        ("recency, Spend,SPEND", "`SPEND` (column 3)", "`map.spend=SPEND`"),
        ("recency,spend,spend", "`spend` (column 3)", "rename or remove one"),
        ("weeks_since,x,Weeks_Since", "`Weeks_Since` (column 3)", "`map.recency=weeks_since`"),
    ])
    func `two columns of equal right are refused, with both and what decides`(
        header: String, second: String, remedy: String
    ) throws {
        let error = #expect(throws: IntakeError.self) { try columns(header) }
        #expect(error?.code == .duplicateColumn)
        let message = try #require(error?.message)
        #expect(message.contains(second) && message.contains(remedy), "\(message)")
    }

    @Test func `a map decides between them`() throws {
        let header = "recency,monetary,Total spend (\u{20AC})"
        #expect(try columns(header, CSVOptions(map: ["spend": "Total spend (\u{20AC})"])) == [2, 0, nil])
        #expect(try columns("recency,spend,monetary", CSVOptions(map: ["spend": "monetary"])) == [2, 0, nil])
        let twice = #expect(throws: IntakeError.self) {
            try columns("recency,x,x", CSVOptions(map: ["spend": "x"]))
        }
        #expect(twice?.code == .duplicateColumn)
    }

    @Test func `two columns for the row's id are refused`() throws {
        let error = #expect(throws: IntakeError.self) { try columns("id,recency,id", CSVOptions(idColumn: "id")) }
        #expect(error?.code == .duplicateColumn && error?.message.contains("the row's id") == true)
        var scanner = CSVScanner(signature: Self.customer, options: CSVOptions(idColumn: "id"))
        var builder = RowsBuilder(signature: Self.customer)
        _ = try scanner.scanAll(Array("ID,recency,id\n".utf8), into: &builder)
        #expect(scanner.mapping?.idColumn == 2)
    }

    @Test func `a missing column is told with the line that names another, and with what is not needed`() throws {
        let error = #expect(throws: IntakeError.self) {
            try columns("customer,weeks since last order,Revenue", CSVOptions(idColumn: "Customer ID"))
        }
        let message = try #require(error?.message)
        #expect(error?.code == .missingColumn)
        #expect(message.contains("`map.recency=weeks since last order`"), "\(message)")
        #expect(message.contains("Not needed: `spend` (35.99 stands in), `age` (the model takes it as missing)."))
        #expect(message.contains("Nearest to `id_column`: `customer`."))
        let far = #expect(throws: IntakeError.self) { try columns("a,b") }
        #expect(far?.message.contains("`map.recency=COLUMN`") == true)
    }

    @Test func `the nearest columns hold the name, or are held by it, or differ in a few letters`() {
        let columns = ["total_spend_eur", "Spent", "spnd", "name", "SPEND 2025", "x"]
        #expect(NameList.nearest(to: ["spend"], among: columns) == ["Spent", "spnd", "SPEND 2025"])
        #expect(NameList.nearest(to: ["zzz"], among: columns).isEmpty)
        #expect(NameList.nearest(to: [""], among: columns).isEmpty)
    }

    @Test func `a header that lacks thousands of inputs is compared with the names that are shown`() throws {
        let signature = Signature(inputs: (0..<3_000).map { ModelInput(name: "x\($0)", kind: .float) })
        let header = (0..<40).map { "y\($0)" }
        let error = #expect(throws: IntakeError.self) {
            try CSVMapping(header: header, signature: signature, options: CSVOptions())
        }
        guard case .missingColumns(let missing) = error else { throw try #require(error) }
        #expect(missing.lines.count == Limits.listedNames)
        #expect(missing.message.contains("`x0`, `x1`") && missing.message.contains("and 2980 more"))
    }
}
