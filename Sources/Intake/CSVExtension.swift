import Core

/// Adds cells to records of a caller's table, in its delimiter, decimal and character set; everything else stays byte
/// for byte.
///
/// Comes from: a table's ``CSVFormat`` and its kept records. Goes to: the answer that joins results to the input.
package struct CSVExtension: Sendable {
    /// What is added.
    package enum Cell: Sendable, Equatable {
        /// Quoted where it must be; characters that the table's character set lacks become `?`.
        case text(String)
        /// The shortest digits that read back equal, with the table's decimal; empty when it is not finite.
        case number(Float)
        case empty
    }

    private let delimiter: String
    private let decimal: CSVDecimal
    private let encoder: CSVEncoder
    /// The bytes whose presence asks for quotes.
    private let special: [UInt8]

    /// - Parameter isBigEndian: whether UTF-16 has the greater byte of a unit first; see ``CSVResumption``.
    package init(format: CSVFormat, isBigEndian: Bool = false) {
        (delimiter, decimal) = (format.delimiter.rawValue, format.decimal)
        encoder = CSVEncoder(encoding: format.encoding, isBigEndian: isBigEndian)
        special = [format.delimiter.byte, CSVBytes.quote, CSVBytes.newline, CSVBytes.carriageReturn]
    }

    /// Appends a record with cells added before its line end; a record without one gets none.
    ///
    /// - Parameter record: one record as ``RecordSpans`` has it, blank lines before it included; or the header. Half a
    ///   unit of UTF-16 at its very end is left off: nothing that follows could be read.
    package func write(_ record: ArraySlice<UInt8>, adding cells: [Cell], to output: inout [UInt8]) {
        let end = encoder.lineEnd(of: record)
        output.append(contentsOf: record[..<end])
        for cell in cells {
            encoder.append(delimiter, to: &output)
            append(cell, to: &output)
        }
        output.append(contentsOf: record[end...].prefix(encoder.wholeCount(record.endIndex - end)))
    }

    /// Appends a record of these cells alone, with a line end.
    package func writeRecord(_ cells: [Cell], to output: inout [UInt8]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { encoder.append(delimiter, to: &output) }
            append(cell, to: &output)
        }
        encoder.append("\r\n", to: &output)
    }

    private func append(_ cell: Cell, to output: inout [UInt8]) {
        switch cell {
        case .text(let text): append(text, to: &output)
        case .number(let number) where number.isFinite: append(digits(of: number), to: &output)
        case .number, .empty: break
        }
    }

    private func append(_ text: String, to output: inout [UInt8]) {
        guard text.utf8.contains(where: special.contains) else { return encoder.append(text, to: &output) }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        encoder.append(quoted + "\"", to: &output)
    }

    private func digits(of number: Float) -> String {
        let digits = JSONWriter.shortest(number)
        guard decimal == .comma else { return digits }
        return String(decoding: digits.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: ",") : $0 }, as: UTF8.self)
    }
}
