package import Core

/// Scans NDJSON: one row of JSON a line.
///
/// A bad line fails alone, whatever is wrong with it, because the next one begins at the next newline.
///
/// Comes from: an upload. Goes to: ``RowsBuilder``.
package struct NDJSONScanner: RowScanner {
    private let reader: JSONRowReader
    private let rowBytes: Int
    private var isAtStart = true
    private var lines = LineAssembler()
    private var line = 1

    /// - Parameters:
    ///   - idName: the member that holds the caller's own row id.
    ///   - rowBytes: the most bytes of one line.
    package init(signature: Signature, idName: String = "id", rowBytes: Int = Limits.rowBytes) {
        reader = JSONRowReader(signature, idName: idName)
        self.rowBytes = rowBytes
    }

    package mutating func feed(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int {
        precondition(!builder.isFull, "take the rows before more are fed")
        var position = 0
        while position < bytes.count, !builder.isFull {
            let end = ByteSearch.first(UInt8(ascii: "\n"), in: bytes, from: position, to: bytes.count)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            guard end < bytes.count else {
                lines.keep(piece, atMost: rowBytes)
                return bytes.count
            }
            endLine(piece, into: &builder)
            position = end + 1
        }
        return position
    }

    package mutating func finish(into builder: inout RowsBuilder) -> Bool {
        endLine(UnsafeRawBufferPointer(start: nil, count: 0), into: &builder)
        return false
    }

    // MARK: Lines

    private mutating func endLine(_ piece: UnsafeRawBufferPointer, into builder: inout RowsBuilder) {
        if lines.isEmpty, piece.count <= rowBytes {
            scanLine(piece, into: &builder)
        } else {
            lines.keep(piece, atMost: rowBytes)
            if let whole = lines.take() {
                whole.withUnsafeBytes { scanLine($0, into: &builder) }
            } else {
                builder.reject(
                    line: line, code: .rowTooLarge, message: "The line is longer than \(rowBytes) bytes; shorten it.")
            }
        }
        line += 1
        isAtStart = false
    }

    private func scanLine(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) {
        var json = JSONCursor(bytes)
        if isAtStart { json.skipByteOrderMark() }
        guard !json.isAtEnd() else { return }
        builder.beginRow(line: line)
        do {
            try reader.read(&json, into: &builder)
            try json.expectEnd()
        } catch {
            builder.failLine(error)
        }
        builder.endRow()
    }
}

extension RowsBuilder {
    /// Marks a line that is not JSON as failed, even if one of its values failed before.
    fileprivate mutating func failLine(_ error: any Error) {
        guard let error = error as? any CodedError else { return fail(.internalError, "The line cannot be read.") }
        row.fault = nil
        fail(error.code, error.message)
    }
}

/// Puts a line together that is cut by the pieces of a stream, up to a bound.
struct LineAssembler: Sendable {
    private var bytes: [UInt8] = []
    /// Whether the line is over its bound, so that nothing of it is held.
    private var isTooLong = false

    var isEmpty: Bool { bytes.isEmpty && !isTooLong }

    mutating func keep(_ piece: UnsafeRawBufferPointer, atMost limit: Int) {
        guard !isTooLong, bytes.count + piece.count <= limit else {
            (bytes, isTooLong) = ([], true)
            return
        }
        bytes.append(contentsOf: piece)
    }

    /// Hands over the line; nil when it was too long.
    mutating func take() -> [UInt8]? {
        defer { (bytes, isTooLong) = ([], false) }
        return isTooLong ? nil : bytes
    }
}
