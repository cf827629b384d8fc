package import Core

/// Scans NDJSON: one row of JSON a line.
///
/// A bad line fails alone, whatever is wrong with it, because the next one begins at the next newline.
///
/// Comes from: an upload. Goes to: ``RowsBuilder``.
package struct NDJSONScanner: RowScanner {
    private let reader: JSONRowReader
    private let rowBytes: Int
    private var isAtStart: Bool
    private var lines = LineAssembler()
    private var line: Int
    private var ledger: RecordLedger

    /// - Parameters:
    ///   - idName: the member that holds the caller's own row id.
    ///   - rowBytes: the most bytes of one line, at most 2^30.
    ///   - line: the line of the input, from 1, on which the first bytes stand; at any other than the first, a byte
    ///     order mark is not skipped.
    package init(signature: Signature, idName: String = "id", rowBytes: Int = Limits.rowBytes, line: Int = 1) {
        precondition(rowBytes <= 1 << 30 && line >= 1, "lengths fit 32 bits, and lines count from 1")
        reader = JSONRowReader(signature, idName: idName)
        (self.rowBytes, self.line) = (rowBytes, line)
        isAtStart = line == 1
        ledger = RecordLedger(line: line)
    }

    package mutating func feed(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int {
        precondition(!builder.isFull, "take the rows before more are fed")
        var position = 0
        while position < bytes.count, !builder.isFull {
            let end = ByteSearch.first(UInt8(ascii: "\n"), in: bytes, from: position, to: bytes.count)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            guard end < bytes.count else {
                try keep(piece)
                return bytes.count
            }
            try endLine(piece, newlineBytes: 1, into: &builder)
            position = end + 1
        }
        return position
    }

    package mutating func finish(into builder: inout RowsBuilder) throws -> Bool {
        try endLine(UnsafeRawBufferPointer(start: nil, count: 0), newlineBytes: 0, into: &builder)
        ledger.finish()
        return false
    }

    package mutating func takeRecords() -> RecordSpans { ledger.take() }

    // MARK: Lines

    /// Keeps the beginning of a line, or counts it where it is too long.
    private mutating func keep(_ piece: UnsafeRawBufferPointer) throws {
        lines.keep(piece, atMost: rowBytes)
        if lines.isTooLong { try ledger.pass(piece.count, line: line) } else { ledger.open(piece.count) }
    }

    private mutating func endLine(
        _ piece: UnsafeRawBufferPointer, newlineBytes: Int, into builder: inout RowsBuilder
    ) throws {
        let isRow =
            lines.isEmpty && piece.count <= rowBytes
            ? scanLine(piece, into: &builder) : try endLongLine(piece, into: &builder)
        line += 1
        isAtStart = false
        guard isRow else { return try ledger.pass(piece.count + newlineBytes, line: line) }
        builder.addRecord(ledger.endRow(piece.count + newlineBytes, nextLine: line))
    }

    /// Ends a line that was cut, or is over its bound.
    private mutating func endLongLine(_ piece: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Bool {
        lines.keep(piece, atMost: rowBytes)
        guard lines.isTooLong else { return lines.take().withUnsafeBytes { scanLine($0, into: &builder) } }
        _ = lines.take()
        try ledger.expect(piece.count, line: line)
        builder.reject(
            line: line, code: .rowTooLarge, message: "The line is longer than \(rowBytes) bytes; shorten it.")
        return true
    }

    /// Scans a line.
    ///
    /// - Returns: whether it is a row; a blank line is none.
    private func scanLine(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) -> Bool {
        var json = JSONCursor(bytes)
        if isAtStart { json.skipByteOrderMark() }
        guard !json.isAtEnd() else { return false }
        builder.beginRow(line: line)
        do {
            try reader.read(&json, into: &builder)
            try json.expectEnd()
        } catch {
            builder.failLine(error)
        }
        builder.endRow()
        return true
    }
}

extension RowsBuilder {
    /// Marks a line that is not JSON as failed, even if one of its values failed before.
    fileprivate mutating func failLine(_ error: any Error) {
        guard let error = error as? any CodedError else { return fail(.internalError, "The line cannot be read.") }
        row.fault = nil
        if case IntakeError.malformedJSON(_, .trailingBytes) = error {
            return fail(
                error.code,
                error.message + " Each row needs a line of its own; `curl -d` takes line ends out of a file, so send "
                    + "it with `curl --data-binary @FILE`.")
        }
        fail(error.code, error.message)
    }
}

/// Puts a line together that is cut by the pieces of a stream, up to a bound.
struct LineAssembler: Sendable {
    private var bytes: [UInt8] = []
    /// Whether the line is over its bound, so that nothing of it is held.
    private(set) var isTooLong = false

    var isEmpty: Bool { bytes.isEmpty && !isTooLong }

    mutating func keep(_ piece: UnsafeRawBufferPointer, atMost limit: Int) {
        guard !isTooLong, bytes.count + piece.count <= limit else {
            (bytes, isTooLong) = ([], true)
            return
        }
        bytes.append(contentsOf: piece)
    }

    /// Hands over the line; nothing when it was too long.
    mutating func take() -> [UInt8] {
        defer { (bytes, isTooLong) = ([], false) }
        return bytes
    }
}
