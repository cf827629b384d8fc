import Core
import Intake

/// Tables: any cut gives the same rows, the records cover the input, and each chunk's end is a place to go on from.
enum TableFuzz {
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let signature = choices.pick(Signatures.all)
        let options = options(&choices)
        let chunkRows = 1 + choices.below(4)
        let fractions = (0..<3).map { _ in Int(choices.byte()) }
        let table = Array(choices.rest)
        let cuts = fractions.map { $0 * table.count / 255 }.sorted()
        let scanner = CSVScanner(signature: signature, options: options)
        let whole = try ScanRecord(table, scanner, signature, chunkRows: chunkRows)
        let cut = try ScanRecord(table, scanner, signature, chunkRows: chunkRows, cuts: cuts)
        try Finding.unless(
            whole.rows == cut.rows && whole.spans == cut.spans && whole.resumptions == cut.resumptions,
            "cut at \(cuts) the table reads otherwise")
        try Finding.unless(whole.error == cut.error, "cut at \(cuts): \(String(describing: cut.error))")
        try whole.expectCover(table)
        guard let header = whole.spans.first?.headerBytes else { return }
        // Only what resumptions do not hold is stated again, as another process would.
        let left = CSVOptions(map: options.map, idColumn: options.idColumn, rowBytes: options.rowBytes)
        try whole.expectResumes(table, signature, chunkRows: chunkRows) { chunk -> CSVScanner? in
            guard let resumption = whole.resumptions[chunk] else { return nil }
            return try CSVScanner(
                signature: signature, options: left, resuming: resumption, header: Array(table[..<header]))
        }
    }

    private static func options(_ choices: inout Choices) -> CSVOptions {
        let booleans = choices.pick([nil, CSVBooleans("ja,nein"), nil, CSVBooleans("1,2")])
        return CSVOptions(
            delimiter: choices.pick(CSVDelimiter.allCases + [nil]), decimal: choices.pick(CSVDecimal.allCases + [nil]),
            thousands: choices.pick(CSVThousands.allCases + [nil]),
            encoding: choices.pick([
                nil, .utf8, .windows1252, .utf16, CSVEncoding(rawValue: "shift_jis"), CSVEncoding(rawValue: "utf-32le"),
            ]), booleans: booleans,
            map: choices.flag() ? ["text": "c"] : [:], idColumn: choices.flag() ? "id" : nil,
            rowBytes: choices.pick([28, 100, 1 << 16]), sniffedBytes: 1 + Int(choices.byte()))
    }
}
