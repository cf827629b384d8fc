internal import Core
internal import Digest
internal import Foundation
internal import Intake
internal import Queue
internal import Store

/// A stream of rows on its way in: scanned as it comes, cut into chunks with the caller's own records beside them.
///
/// Comes from: a request's body. Goes to: an ``Upload``.
struct StreamIntake<Scanner: StreamScanner> {
    /// The chunk that is being written while the next is scanned.
    private typealias Writing = ThrowingTaskGroup<Void, any Error>

    /// What is known of the stream by now.
    private(set) var input: StoredInput
    private var scanner: Scanner
    private var builder: RowsBuilder
    private var cutter: RecordCutter
    private var duplicates = DuplicateIDs()
    /// The first bytes of the input, as far as they are looked at.
    private var head: [UInt8]
    private var tailBytes = 0
    /// The line on which the next record would begin.
    private var nextLine = 1
    /// Bytes of the input that were taken and not yet handed over: a header without rows.
    private var pendingBytes = 0
    private let signature: Signature
    /// Whether one bad row refuses all.
    private let isStrict: Bool
    /// The bad rows of the part that came before a break.
    private let earlier: FaultReport

    /// - Parameters:
    ///   - input: what is known of the stream already.
    ///   - rows: rows of it that are stored already.
    init(
        _ scanner: Scanner, input: StoredInput, signature: Signature, options: SubmissionOptions, chunkRows: Int,
        after rows: Int = 0
    ) throws {
        self.scanner = scanner
        self.input = input
        self.signature = signature
        // Of a stream that is only looked at, all bad rows are told.
        isStrict = options.invalidRows == .reject && !options.isDryRun
        builder = RowsBuilder(signature: signature, chunkRows: chunkRows, rowsBefore: rows)
        // What goes on after a break was looked at when it began.
        head = input.resumption == nil ? [] : Array(repeating: 0, count: ForeignFile.headBytes)
        let digest = options.keepsInput ? nil : try InputDigest.read(input.resumption) ?? ResumableSHA256()
        cutter = RecordCutter(
            keepsRecords: options.keepsInput, isResumed: input.resumption != nil, digest: digest)
        earlier =
            try input.faults.map { try JSONDecoder().decode(FaultReport.self, from: Data($0.utf8)) } ?? FaultReport()
    }

    /// The bad rows of the whole stream so far.
    var report: FaultReport { builder.report.following(earlier) }

    /// Scans a stream to its end.
    ///
    /// - Parameter isLast: whether the input ends with the stream; else what is left of a record is dropped.
    /// - Throws: what broke the stream, why it cannot be read, or ``APIError/rejected(_:rows:mayBeMore:)``.
    mutating func read<Pieces: AsyncSequence>(
        _ pieces: Pieces, isLast: Bool = true, into upload: inout Upload, onPiece: ([UInt8]) -> Void = { _ in }
    ) async throws where Pieces.Element == [UInt8] {
        try await withThrowingTaskGroup(of: Void.self) { writing in
            do {
                for try await piece in pieces {
                    onPiece(piece)
                    try recognise(piece)
                    cutter.add(piece)
                    try await scan(piece[...], into: &upload, &writing)
                }
                if isLast { try await finish(into: &upload, &writing) } else { try await hand(to: &upload, &writing) }
            } catch {
                // What came before the fault is whole.
                try await upload.flush(&writing)
                try await writing.waitForAll()
                throw error
            }
            try await upload.flush(&writing)
            try await writing.waitForAll()
        }
    }

    /// Looks at the first bytes of the input.
    ///
    /// - Throws: `IntakeError` when they are those of another kind of file.
    private mutating func recognise(_ piece: [UInt8]) throws {
        guard head.count < ForeignFile.headBytes else { return }
        head += piece.prefix(ForeignFile.headBytes - head.count)
        if let file = ForeignFile(startingWith: head) { throw IntakeError.foreign(file) }
    }

    private mutating func scan(
        _ piece: ArraySlice<UInt8>, into upload: inout Upload, _ writing: inout Writing
    ) async throws {
        var rest = piece
        while !rest.isEmpty {
            rest = rest.dropFirst(try scanner.feed(rest, into: &builder))
            if builder.isFull { try await hand(to: &upload, &writing) }
        }
        // Rows run, and can be read, as soon as they are here.
        try await upload.flush(&writing)
    }

    private mutating func finish(into upload: inout Upload, _ writing: inout Writing) async throws {
        var hasMore = true
        while hasMore {
            hasMore = try scanner.finish(into: &builder)
            try await hand(to: &upload, &writing)
        }
        if isStrict, report.total > 0 { throw APIError.rejected(report, rows: builder.totalCount) }
        guard builder.totalCount > 0 else { throw scanner.emptiness }
        input.warnings = InputWarning.text(warnings)
        if let digest = cutter.digest {
            input.resumption = InputDigest.adding(digest, to: try scanner.resumption(atLine: nextLine))
        }
        upload.end(input, tailBytes: tailBytes)
    }

    /// What the caller should know.
    private var warnings: [InputWarning] {
        var warnings = scanner.warnings(for: signature)
        if duplicates.count > 0 {
            warnings.append(
                InputWarning(
                    code: "duplicate_ids", message: "\(duplicates.count) rows have an id that an earlier row has."))
        }
        return warnings
    }

    /// Hands over the rows that are there.
    private mutating func hand(to upload: inout Upload, _ writing: inout Writing) async throws {
        let rows = builder.take()
        let spans = scanner.takeRecords()
        let (header, records, tail) = cutter.cut(spans)
        if !header.isEmpty { input.header = header }
        if !tail.isEmpty { input.tail = tail }
        tailBytes = spans.tailBytes
        nextLine = spans.nextLine
        pendingBytes += spans.byteCount - spans.tailBytes
        guard rows.count > 0 else { return }
        if let ids = rows.ids { duplicates.add(ids) }
        input.resumption = InputDigest.adding(cutter.digest, to: try scanner.resumption(atLine: spans.nextLine))
        if input.format == nil {
            let format = JSONWriter.write { scanner.writeFormat(of: signature, to: &$0) }
            input.format = String(decoding: format, as: UTF8.self)
        }
        if isStrict, report.total > 0 { try refuseWhenFull() }
        try await upload.add(
            IncomingChunk(rows: rows, bytes: pendingBytes, records: records), input: input, writing: &writing)
        pendingBytes = 0
    }

    /// Refuses the stream as soon as as many bad rows are known as can be told.
    private mutating func refuseWhenFull() throws {
        let report = report
        if report.isFull { throw APIError.rejected(report, rows: builder.totalCount, mayBeMore: true) }
        input.faults = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
    }
}
