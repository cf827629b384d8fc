import Core

/// The names of a table's columns, read again from the bytes of its header.
package struct CSVHeader: Sendable {
    /// The names as they stand there, in order.
    package let names: [String]

    /// - Parameter bytes: the header as ``RecordSpans`` has it, with what stands before it: a byte order mark, a line that
    ///   names the delimiter, blank lines.
    /// - Throws: `IntakeError` when they hold no header.
    package init(_ bytes: [UInt8], _ resumption: CSVResumption) throws {
        var text = bytes
        if var transcoder = resumption.transcoder {
            let mark = EncodingStart.wideMark(of: bytes)
            text = []
            try bytes.withUnsafeBytes {
                try transcoder.convert(UnsafeRawBufferPointer(rebasing: $0[mark...]), into: &text)
            }
        }
        names = try text.withUnsafeBytes { try Self.names(in: $0, resumption) }
    }

    /// The name, as it stands there, of the column that a caller means: the very same name, or else the same without regard
    /// to case and outer spaces.
    package func name(of column: String) -> String? {
        names.contains(column) ? column : names.first { HeaderMatcher.fold($0) == HeaderMatcher.fold(column) }
    }

    private static func names(in text: UnsafeRawBufferPointer, _ resumption: CSVResumption) throws -> [String] {
        var record = CSVRecord(delimiter: resumption.format.delimiter.byte, keptFields: Limits.rowFields)
        guard let next = record.splitHeader(text, isWhole: true), next > 0 else {
            throw IntakeError.malformedHeader(.empty)
        }
        var scratch: [UInt8] = []
        return try record.names(in: text, scratch: &scratch) { CellDecoder.name($0, resumption.decoder) }
    }
}
