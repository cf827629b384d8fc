package import Core

/// Scans CSV with a header, in any of the ways that people have it; what they do not say is found out.
///
/// The first bytes are held until they show how the table is written. From then on UTF-8 goes to the records as it
/// comes; other character sets pass a transcoder.
///
/// Comes from: an upload. Goes to: ``RowsBuilder``.
package struct CSVScanner: RowScanner {
    /// How the table is written; nil until that is decided.
    package private(set) var format: CSVFormat?
    /// Which column feeds which input; nil until the header was read.
    package var mapping: CSVMapping? { records?.mapping }
    /// The blank lines that were skipped so far.
    package var blankLines: BlankLines { records?.blankLines ?? BlankLines() }

    private let signature: Signature
    private let options: CSVOptions
    private var records: CSVRecordScanner?
    private var transcoder: Transcoder?
    /// Whether the character set was guessed from the first rows.
    private var isGuessed = false
    /// Whether no value had shown what a point means when the format was decided.
    private var isUnproven = false
    /// Whether the input ended without a line end.
    private var isOneLine = false
    /// The bytes by which the last record is longer than its text says.
    private var correction = 0
    /// The table's first bytes while its format is not decided; after that, UTF-8 that is still to be scanned.
    private var held: [UInt8] = []
    private var heldStart = 0
    /// The bytes after which the format is decided.
    private var window: Int

    package init(signature: Signature, options: CSVOptions = CSVOptions()) {
        self.signature = signature
        self.options = options
        window = options.sniffedBytes
        let hasNumbers = signature.inputs.contains { $0.kind.isNumber }
        // With nothing to find out, nothing is held. try? because options that contradict each other are told later.
        if let delimiter = options.delimiter, options.encoding == .utf8,
            options.decimal != nil && options.thousands != nil || !hasNumbers,
            let style = try? NumberEvidence(options).only ?? NumberStyle(decimal: .point, thousands: .none)
        {
            begin(delimiter, style, .utf8, decoder: nil)
        }
    }

    /// Goes on in the middle of a table, at the beginning of a record.
    ///
    /// - Parameters:
    ///   - options: those of the first scanner; how the table is written is taken from `resumption` alone.
    ///   - header: the bytes before the first row as they came; see ``RecordSpans/headerBytes``.
    /// - Throws: `IntakeError` when these bytes are not a header that fits the signature.
    package init(signature: Signature, options: CSVOptions, resuming resumption: CSVResumption, header: [UInt8]) throws
    {
        var options = options
        // No words are stated by `auto`, which is not two of them.
        options.booleans = CSVBooleans(resumption.format.booleans)
        (self.signature, self.options) = (signature, options)
        window = options.sniffedBytes
        isGuessed = resumption.isGuessed
        begin(resumption.format.delimiter, resumption.style, resumption.format.encoding, decoder: resumption.decoder)
        var text = header
        if var transcoder = resumption.transcoder {
            text = []
            try header.withUnsafeBytes { try transcoder.convert($0, into: &text) }
        }
        try text.withUnsafeBytes {
            try records?.resume(
                header: $0, signature: signature, line: resumption.nextLine, blankLines: resumption.blankLines)
        }
        transcoder = resumption.transcoder
    }

    /// What a scanner needs to go on behind the last records taken; nil until the header is among these.
    package var resumption: CSVResumption? {
        guard let format, let ledger = records?.ledger, ledger.isHeaderTaken else { return nil }
        return CSVResumption(
            format: format, isUnproven: isUnproven, isBigEndian: transcoder?.isBigEndian ?? false,
            isGuessed: isGuessed, nextLine: ledger.takenLine, blankLines: blankLines)
    }

    package mutating func takeRecords() -> RecordSpans { records?.takeRecords() ?? RecordSpans() }

    package mutating func feed(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int {
        precondition(!builder.isFull, "take the rows before more are fed")
        var position = 0
        while !builder.isFull {
            if heldStart < held.count, records != nil {
                try scanHeld(into: &builder)
            } else if position == bytes.count {
                break
            } else {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
                position += try take(rest, into: &builder)
            }
        }
        return position
    }

    /// Scans what is held and the last record, if the input does not end with a line end.
    ///
    /// - Throws: `IntakeError` when the table can be read in two ways, when a quoted field is still open, or when not
    ///   even a header was found.
    package mutating func finish(into builder: inout RowsBuilder) throws -> Bool {
        if records == nil { try decide(isWhole: true) }
        correction += transcoder?.finish(into: &held) ?? 0
        try scanHeld(into: &builder)
        guard heldStart == held.count, !builder.isFull else { return true }
        defer { correction = 0 }
        isOneLine = isOneLine || records?.isAtStart ?? true
        do {
            return try records?.finish(correction: correction, into: &builder) ?? false
        } catch IntakeError.missingColumns where isOneLine {
            throw IntakeError.headerAlone(isOneLine: true)
        }
    }

    /// Why a table that was read to its end has no rows.
    package var emptiness: IntakeError { .headerAlone(isOneLine: isOneLine) }

    // MARK: Bytes

    /// The most bytes that are transcoded at once.
    private static let blockBytes = 16 << 10

    private mutating func take(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int {
        if records == nil { return try hold(bytes) }
        guard transcoder != nil else { return try records?.feed(bytes, into: &builder) ?? 0 }
        let count = min(bytes.count, Self.blockBytes)
        try transcoder?.convert(UnsafeRawBufferPointer(rebasing: bytes[..<count]), into: &held)
        return count
    }

    private mutating func scanHeld(into builder: inout RowsBuilder) throws {
        guard heldStart < held.count, !builder.isFull else { return }
        let bytes = held
        heldStart += try bytes.withUnsafeBytes { bytes in
            try records?.feed(UnsafeRawBufferPointer(rebasing: bytes[heldStart...]), into: &builder) ?? 0
        }
        if heldStart == held.count { (held, heldStart) = ([], 0) }
    }

    // MARK: Format

    private mutating func hold(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        let count = min(bytes.count, window - held.count)
        held.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        if held.count == window { try decide(isWhole: false) }
        return count
    }

    /// Decides on the format; where the header is longer than what is held, more is held first.
    private mutating func decide(isWhole: Bool) throws {
        var start = try held.withUnsafeBytes { try EncodingStart.find(in: $0, stated: options.encoding) }
        var text = held
        if start.transcoder != nil {
            text = []
            try held.withUnsafeBytes {
                try start.transcoder?.convert(UnsafeRawBufferPointer(rebasing: $0[start.mark...]), into: &text)
            }
        }
        let sniffer = CSVSniffer(signature: signature, options: options, encoding: start.encoding)
        let found = try text.withUnsafeBytes { try sniffer.sniff($0, isWhole: isWhole) }
        if found == nil, !isWhole, window < options.rowBytes {
            window = min(window * 2, options.rowBytes)
            return
        }
        // Without a header that ends, the reader says what is wrong with it.
        let format =
            found
            ?? CSVSniffer.Finding(
                delimiter: options.delimiter ?? .comma, style: NumberStyle(decimal: .point, thousands: .none),
                encoding: start.encoding ?? .utf8)
        isGuessed = start.encoding == nil
        (transcoder, held) = (start.transcoder, text)
        begin(
            format.delimiter, format.style, format.encoding,
            decoder: CellDecoder(format.encoding, isGuessed: isGuessed), mark: start.mark)
    }

    private mutating func begin(
        _ delimiter: CSVDelimiter, _ style: NumberStyle, _ encoding: CSVEncoding, decoder: CellDecoder?, mark: Int = 0
    ) {
        format = CSVFormat(
            delimiter: delimiter, decimal: style.decimal, thousands: style.thousands, encoding: encoding,
            booleans: options.booleans?.text ?? "auto")
        isUnproven = style.isUnproven
        records = CSVRecordScanner(
            signature: signature, options: options, delimiter: delimiter.byte, style: style, encoding: encoding,
            decoder: decoder, mark: mark)
    }
}
