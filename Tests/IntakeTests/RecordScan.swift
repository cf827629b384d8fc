import Core
import Testing

@testable import Intake

/// What a scanner handed over: its rows and where they stood, chunk by chunk.
struct RecordScan: Equatable {
    var rows: [Rows] = []
    var spans: [RecordSpans] = []
    var resumptions: [CSVResumption?] = []

    var lengths: [Int] { spans.flatMap(\.lengths).map(Int.init) }

    /// Scans pieces between cuts, taking rows and records whenever a chunk is full and at the end.
    init<Scanner: RowScanner>(
        _ bytes: [UInt8], _ scanner: Scanner, _ signature: Signature = Samples.text, chunkRows: Int = 1,
        cuts: [Int] = []
    ) throws {
        var (scanner, builder) = (scanner, RowsBuilder(signature: signature, chunkRows: chunkRows))
        for (start, end) in zip([0] + cuts, cuts + [bytes.count]) {
            var piece = bytes[start..<end]
            while !piece.isEmpty {
                piece = piece.dropFirst(try scanner.feed(piece, into: &builder))
                if builder.isFull { take(&scanner, &builder) }
            }
        }
        while try scanner.finish(into: &builder) { take(&scanner, &builder) }
        take(&scanner, &builder)
    }

    private mutating func take<Scanner: RowScanner>(_ scanner: inout Scanner, _ builder: inout RowsBuilder) {
        let count = builder.count
        rows.append(builder.take())
        spans.append(scanner.takeRecords())
        resumptions.append((scanner as? CSVScanner)?.resumption)
        #expect(spans.last?.lengths.count == count, "each row has its length when it is taken")
        #expect(spans.count == 1 || spans.last?.headerBytes == 0, "the header comes once")
    }

    /// Checks what holds for every scan: the spans cover the input.
    func expectCover(_ bytes: [UInt8], _ comment: Comment? = nil) {
        #expect(spans.reduce(0) { $0 + $1.byteCount } == bytes.count, comment)
        #expect(spans.dropLast().allSatisfy { $0.tailBytes == 0 }, comment)
    }

    /// The scan behind a chunk, as one that goes on there must see it.
    func rest(from chunk: Int) -> RecordScan {
        var rest = self
        rest.rows.removeFirst(chunk)
        rest.spans.removeFirst(chunk)
        rest.resumptions.removeFirst(chunk)
        return rest
    }

    /// Goes on behind every chunk with a scanner of its own, and expects what this scan has.
    func expectResumes<Scanner: RowScanner>(
        _ bytes: [UInt8], _ signature: Signature = Samples.text, _ comment: Comment? = nil,
        _ makeScanner: (RecordScan, Int) throws -> Scanner
    ) throws {
        var position = 0
        for chunk in 0..<(spans.count - 1) {
            position += spans[chunk].byteCount
            let resumed = try RecordScan(Array(bytes[position...]), makeScanner(self, chunk), signature)
            #expect(resumed == rest(from: chunk + 1), comment)
        }
    }

    /// Does so for a table.
    func expectResumes(
        _ bytes: [UInt8], _ options: CSVOptions, _ signature: Signature = Samples.text, _ comment: Comment? = nil
    ) throws {
        let header = Array(bytes[..<spans[0].headerBytes])
        // As the resumption is stored and read again by another process, options about the format are not needed.
        let left = CSVOptions(map: options.map, idColumn: options.idColumn, rowBytes: options.rowBytes)
        try expectResumes(bytes, signature, comment) { scan, chunk in
            try CSVScanner(
                signature: signature, options: left, resuming: #require(scan.resumptions[chunk]), header: header)
        }
    }
}
