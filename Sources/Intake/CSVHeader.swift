import Core

/// The names of a table's columns, read again from the bytes of its header.
package struct CSVHeader: Sendable {
    /// The names as they stand there, in order.
    package let names: [String]

    /// - Parameter bytes: the header as ``RecordSpans`` has it, blank lines and a byte order mark before it included.
    /// - Throws: `IntakeError` when they hold no header.
    package init(_ bytes: [UInt8], _ resumption: CSVResumption) throws {
        var text = bytes
        if var transcoder = resumption.transcoder {
            let mark = bytes.starts(with: resumption.isBigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]) ? 2 : 0
            text = []
            try bytes.withUnsafeBytes {
                try transcoder.convert(UnsafeRawBufferPointer(rebasing: $0[mark...]), into: &text)
            }
        }
        names = try text.withUnsafeBytes { try Self.names(in: $0, resumption.format.delimiter) }
    }

    private static func names(in text: UnsafeRawBufferPointer, _ delimiter: CSVDelimiter) throws -> [String] {
        var record = CSVRecord(delimiter: delimiter.byte, keptFields: Limits.rowFields)
        var position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        repeat {
            guard position < text.count,
                let next = record.split(text, from: position, to: text.count, isWhole: true)
            else { throw IntakeError.malformedHeader(.empty) }
            position = next
        } while record.isBlank
        var scratch: [UInt8] = []
        return try record.names(in: text, scratch: &scratch)
    }
}
