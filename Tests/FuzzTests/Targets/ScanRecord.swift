import Core
import Intake
import Store

/// What a scanner made of an input: its rows and where they stood, chunk by chunk, and the error that ended it.
struct ScanRecord: Equatable {
    var rows: [[UInt8]] = []
    var spans: [RecordSpans] = []
    var resumptions: [CSVResumption?] = []
    var error: IntakeError?

    /// Scans pieces between cuts, taking rows whenever a chunk is full and at the end.
    init<Scanner: RowScanner>(
        _ bytes: [UInt8], _ scanner: Scanner, _ signature: Signature, chunkRows: Int, cuts: [Int] = []
    ) throws {
        var (scanner, builder) = (scanner, RowsBuilder(signature: signature, chunkRows: chunkRows))
        do {
            for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
                var piece = bytes[start..<end]
                while !piece.isEmpty {
                    piece = piece.dropFirst(try scanner.feed(piece, into: &builder))
                    if builder.isFull { try take(&scanner, &builder) }
                }
            }
            while try scanner.finish(into: &builder) { try take(&scanner, &builder) }
            try take(&scanner, &builder)
        } catch let error as IntakeError {
            self.error = error
        }
    }

    private mutating func take<Scanner: RowScanner>(_ scanner: inout Scanner, _ builder: inout RowsBuilder) throws {
        let chunk = builder.take()
        try Self.expectWhole(chunk)
        rows.append(chunk.encoded())
        spans.append(scanner.takeRecords())
        resumptions.append((scanner as? CSVScanner)?.resumption)
        try Finding.unless(spans[spans.count - 1].lengths.count == chunk.count, "a row has no length when it is taken")
        try Finding.unless(spans.count == 1 || spans[spans.count - 1].headerBytes == 0, "the header came twice")
    }

    /// Checks that columns are as long as there are valid rows, and that texts are UTF-8.
    static func expectWhole(_ rows: Rows) throws {
        for column in rows.columns {
            try Finding.unless(column.count == rows.validCount, "a column has \(column.count) of \(rows.validCount)")
            if case .text(let texts) = column { try expectText(texts) }
        }
        if let ids = rows.ids {
            try Finding.unless(ids.count == rows.count, "ids are missing")
            try expectText(ids)
        }
        let places = rows.faults.map(\.row)
        try Finding.unless(
            zip(places, places.dropFirst()).allSatisfy(<) && places.allSatisfy((0..<rows.count).contains),
            "the faults are out of order: \(places)")
    }

    private static func expectText(_ texts: TextColumn) throws {
        for index in 0..<texts.count {
            let text = texts.bytes[texts.range(at: index)]
            try Finding.unless(String(validating: text, as: UTF8.self) != nil, "text that is not UTF-8 got through")
        }
    }

    /// Checks that the spans cover the input that was read to its end.
    func expectCover(_ bytes: [UInt8]) throws {
        guard error == nil else { return }
        let covered = spans.reduce(0) { $0 + $1.byteCount }
        try Finding.unless(covered == bytes.count, "the spans cover \(covered) of \(bytes.count) bytes")
    }

    /// Goes on behind every chunk with a scanner of its own, and expects what this scan has.
    func expectResumes<Scanner: RowScanner>(
        _ bytes: [UInt8], _ signature: Signature, chunkRows: Int, _ makeScanner: (Int) throws -> Scanner?
    ) throws {
        guard error == nil else { return }
        var position = 0
        for chunk in 0..<min(spans.count - 1, 8) {
            position += spans[chunk].byteCount
            guard let scanner = try makeScanner(chunk) else { continue }
            let resumed = try ScanRecord(Array(bytes[position...]), scanner, signature, chunkRows: chunkRows)
            try Finding.unless(
                resumed.error == nil && resumed.rows == Array(rows[(chunk + 1)...])
                    && resumed.spans == Array(spans[(chunk + 1)...]),
                "resumed behind chunk \(chunk) the input reads otherwise")
        }
    }
}
