package import Core

/// Adds cells to records of a caller's table, in its delimiter, decimal and character set; everything else stays byte
/// for byte.
///
/// Comes from: a table's ``CSVFormat`` and its kept records. Goes to: the answer that joins results to the input.
package struct CSVExtension: Sendable {
    /// What is added.
    package enum Cell: Sendable, Equatable {
        /// Quoted where it must be; a character that the table's character set lacks is written as JSON escapes it, such as
        /// `\u0416`, so that two texts never become one.
        case text(String)
        /// The shortest digits that read back equal in the number's precision, with the table's decimal; empty when it is not finite.
        case number(Double, Precision)
        case empty
    }

    private let delimiter: String
    private let delimiterByte: UInt8
    private let decimal: CSVDecimal
    private let encoder: CSVEncoder
    /// Whether an ASCII character is one byte, which it is in all character sets but one.
    private let isBytewise: Bool

    /// - Parameter isBigEndian: whether UTF-16 has the greater byte of a unit first; see ``CSVResumption``.
    package init(format: CSVFormat, isBigEndian: Bool = false) {
        (delimiter, delimiterByte, decimal) = (format.delimiter.rawValue, format.delimiter.byte, format.decimal)
        encoder = CSVEncoder(encoding: format.encoding, isBigEndian: isBigEndian)
        isBytewise = format.encoding.unitBytes == 1
    }

    /// Appends a record with cells added before its line end; a record without one gets none.
    ///
    /// - Parameter record: one record as ``RecordSpans`` has it, blank lines before it included; or the header. Half a
    ///   unit of UTF-16 at its very end is left off: nothing that follows could be read.
    package func write(_ record: ArraySlice<UInt8>, adding cells: [Cell], to output: inout [UInt8]) {
        write(record, to: &output) { output in
            for cell in cells { add(cell, to: &output) }
        }
    }

    /// Appends a record with cells that a closure adds by ``add(_:to:)``: for many records, of which none makes a list.
    package func write(
        _ record: ArraySlice<UInt8>, to output: inout [UInt8], adding cells: (inout [UInt8]) -> Void
    ) {
        let end = encoder.lineEnd(of: record)
        output.append(contentsOf: record[..<end])
        cells(&output)
        output.append(contentsOf: record[end...].prefix(encoder.wholeCount(record.endIndex - end)))
    }

    /// Appends a delimiter and a cell.
    package func add(_ cell: Cell, to output: inout [UInt8]) {
        if isBytewise { output.append(delimiterByte) } else { encoder.append(delimiter, to: &output) }
        append(cell, to: &output)
    }

    /// Appends a cell alone: the first of a record.
    package func append(_ cell: Cell, to output: inout [UInt8]) {
        switch cell {
        case .text(let text): append(text, to: &output)
        case .number(let number, let precision) where number.isFinite: append(number, precision, to: &output)
        case .number, .empty: break
        }
    }

    /// Whether the table's character set has every character of a text.
    package func canWrite(_ text: String) -> Bool { encoder.hasAll(text) }

    package func endRecord(_ output: inout [UInt8]) { encoder.append("\r\n", to: &output) }

    private func append(_ text: String, to output: inout [UInt8]) {
        guard needsQuotes(text) else { return encoder.append(text, to: &output) }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        encoder.append(quoted + "\"", to: &output)
    }

    private func needsQuotes(_ text: String) -> Bool {
        for byte in text.utf8
        where byte == delimiterByte || byte == CSVBytes.quote || byte == CSVBytes.newline
            || byte == CSVBytes.carriageReturn
        {
            return true
        }
        return false
    }

    /// Nearly all tables take the digits as they are: there they go from the number's own text, which needs no memory,
    /// into the output.
    private func append(_ number: Double, _ precision: Precision, to output: inout [UInt8]) {
        guard isBytewise, decimal == .point else { return append(digits(of: number, precision), to: &output) }
        var text = precision == .single ? Float(number).description : number.description
        text.withUTF8 { digits in
            let isWhole =
                digits.count > 2 && digits[digits.count - 2] == UInt8(ascii: ".")
                && digits[digits.count - 1] == UInt8(ascii: "0")
            output.append(contentsOf: UnsafeBufferPointer(rebasing: digits[..<(digits.count - (isWhole ? 2 : 0))]))
        }
    }

    private func digits(of number: Double, _ precision: Precision) -> String {
        let digits = JSONWriter.shortest(number, in: precision)
        guard decimal == .comma else { return digits }
        return String(decoding: digits.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: ",") : $0 }, as: UTF8.self)
    }
}
