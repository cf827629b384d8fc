import Core
import Foundation
import Testing

@testable import Intake

/// A table goes on in its middle as if it had never been broken off.
@Suite struct ResumptionTests {
    @Test(arguments: [
        "note;sepal_length;sepal_width\nx;1;2\ny;3;4\nz;1.234;5\n", "sepal_width;sepal_length\n1,5;2\n1.234;1,5\n1.5;2",
        "\u{FEFF}\"sepal_width\"\tsepal_length\r\n1\t2\r\n\u{FEFF}3\t4\r\n5\t6",
    ])
    func `numbers are read as before, and so is a mark in the middle`(table: String) throws {
        let options = CSVOptions(sniffedBytes: 40)
        let scan = try RecordScan(
            Array(table.utf8), CSVScanner(signature: Samples.iris, options: options), Samples.iris)
        #expect(scan.rows.contains { !$0.faults.isEmpty }, "the table has a row that depends on what came before")
        try scan.expectResumes(Array(table.utf8), options, Samples.iris)
    }

    @Test func `the mapping is as before`() throws {
        let options = CSVOptions(booleans: CSVBooleans("ja,nein"), map: ["loyal": "treu"], idColumn: "Nr")
        let header = Array("\n\"Nr\";Review;treu\n".utf8)
        var first = CSVScanner(signature: Samples.mixed, options: options)
        var builder = RowsBuilder(signature: Samples.mixed)
        _ = try first.scanAll(header + Array("1;x;ja\n".utf8), into: &builder)
        #expect(first.resumption == nil, "the header was not taken")
        #expect(first.takeRecords() == RecordSpans(headerBytes: header.count, lengths: [7], nextLine: 4))
        let resumption = try #require(first.resumption)
        var second = try CSVScanner(
            signature: Samples.mixed, options: CSVOptions(map: options.map, idColumn: options.idColumn),
            resuming: resumption, header: header)
        #expect(second.mapping == first.mapping && second.format == first.format && second.resumption == resumption)
        builder = RowsBuilder(signature: Samples.mixed, rowsBefore: 1)
        let rows = try second.scanAll(Array("2;y;nein\n\n3;;ja".utf8), into: &builder)[0]
        #expect(builder.report.faults.map(\.row) == [2] && builder.totalCount == 3)
        #expect(rows.idTexts == ["2", "3"] && rows.integers(3) == [0] && rows.faults.map(\.line) == [6])
        #expect(second.takeRecords() == RecordSpans(lengths: [9, 6], nextLine: 7))
    }

    @Test func `nothing is known before the format is decided`() throws {
        var scanner = CSVScanner(signature: Samples.text)
        var builder = RowsBuilder(signature: Samples.text)
        _ = try scanner.feed(Array("text\na\n".utf8)[...], into: &builder)
        #expect(scanner.takeRecords() == RecordSpans() && scanner.resumption == nil)
        #expect(try !scanner.finish(into: &builder))
        #expect(scanner.takeRecords() == RecordSpans(headerBytes: 5, lengths: [2], nextLine: 3))
        #expect(scanner.resumption?.nextLine == 3)
    }

    @Test func `a resumption survives being written down`() throws {
        let format = CSVFormat(
            delimiter: .tab, decimal: .comma, thousands: .apostrophe, encoding: .utf16, booleans: "ja,nein")
        let resumption = CSVResumption(format: format, isUnproven: true, isBigEndian: true, nextLine: 7)
        let written = try JSONEncoder().encode(resumption)
        #expect(try JSONDecoder().decode(CSVResumption.self, from: written) == resumption)
    }

    @Test(arguments: ["", "txt\n", "text\na\n", "\"text\n"])
    func `bytes that are no header are refused`(header: String) {
        let format = CSVFormat(delimiter: .comma, decimal: .point, thousands: .none, encoding: .utf8)
        #expect(throws: IntakeError.self) {
            try CSVScanner(
                signature: Samples.text, options: CSVOptions(), resuming: CSVResumption(format: format, nextLine: 2),
                header: Array(header.utf8))
        }
    }
}
