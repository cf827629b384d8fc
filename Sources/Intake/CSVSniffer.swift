import Core

/// Finds out how a table is written, from its first bytes in UTF-8.
struct CSVSniffer {
    let signature: Signature
    let options: CSVOptions

    /// How a table reads with one delimiter.
    private struct Candidate {
        let delimiter: CSVDelimiter
        /// The header's names and those inputs that have a column; nil when the model cannot be fed.
        var columns: [String]?
        var matches = 0
        var fieldCount = 0
        /// Where the first row begins.
        var rowStart = 0
    }

    /// Decides on delimiter and numbers.
    ///
    /// - Parameter isWhole: whether the table ends with these bytes.
    /// - Returns: nil when the header does not end within these bytes.
    /// - Throws: `IntakeError` when the table could be read in two ways.
    func sniff(_ bytes: UnsafeRawBufferPointer, isWhole: Bool) throws -> (CSVDelimiter, NumberStyle)? {
        let delimiters = options.delimiter.map { [$0] } ?? CSVDelimiter.allCases
        let candidates = delimiters.compactMap { candidate($0, bytes, isWhole: isWhole) }
        guard let best = try choose(candidates, of: delimiters.count) else { return nil }
        return (best.delimiter, try style(of: bytes, best, isWhole: isWhole))
    }

    // MARK: Delimiter

    /// Reads the header with a delimiter; nil when it does not end.
    private func candidate(_ delimiter: CSVDelimiter, _ bytes: UnsafeRawBufferPointer, isWhole: Bool) -> Candidate? {
        var record = CSVRecord(delimiter: delimiter.byte, keptFields: Limits.rowFields)
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        repeat {
            guard position < bytes.count,
                let next = record.split(bytes, from: position, to: bytes.count, isWhole: isWhole)
            else { return nil }
            position = next
        } while record.isBlank
        var candidate = Candidate(delimiter: delimiter, fieldCount: record.fieldCount, rowStart: position)
        var scratch: [UInt8] = []
        // try? because why a header does not fit is told by the reader, which reads it again.
        if let names = try? record.names(in: bytes, scratch: &scratch),
            let mapping = try? CSVMapping(header: names, signature: signature, options: options)
        {
            candidate.columns = names
            candidate.matches = mapping.columnOfInput.count { $0 != nil }
        }
        return candidate
    }

    private func choose(_ candidates: [Candidate], of count: Int) throws -> Candidate? {
        let most = candidates.filter { $0.columns != nil }.map(\.matches).max()
        let best = candidates.filter { $0.columns != nil && $0.matches == most }
        if let first = best.first {
            // Where no delimiter occurs in the header, all of them read it alike, and the comma is the rule.
            guard best.allSatisfy({ $0.columns == first.columns }) else {
                throw IntakeError.ambiguousFormat(.delimiter)
            }
            return first
        }
        guard candidates.count == count else { return nil }
        return candidates.reduce(nil) { $0 == nil || $1.fieldCount > $0!.fieldCount ? $1 : $0 }
    }

    // MARK: Numbers

    private func style(of bytes: UnsafeRawBufferPointer, _ table: Candidate, isWhole: Bool) throws -> NumberStyle {
        var evidence = try NumberEvidence(options)
        if let only = evidence.only { return only }
        let columns = numberColumns(table)
        guard !columns.isEmpty else { return NumberStyle(decimal: options.decimal ?? .point, thousands: .none) }
        var record = CSVRecord(delimiter: table.delimiter.byte, keptFields: Limits.rowFields)
        var (position, scratch) = (table.rowStart, [UInt8]())
        while position < bytes.count,
            let next = record.split(bytes, from: position, to: bytes.count, isWhole: isWhole)
        {
            position = next
            guard !record.isMalformed, record.fieldCount == table.fieldCount else { continue }
            for column in columns {
                record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) { evidence.add($0) }
            }
        }
        return try evidence.style(delimiter: table.delimiter)
    }

    private func numberColumns(_ table: Candidate) -> [Int] {
        // try? because why a header does not fit is told by the reader, which reads it again.
        guard let names = table.columns,
            let mapping = try? CSVMapping(header: names, signature: signature, options: options)
        else { return [] }
        return zip(signature.inputs, mapping.columnOfInput).compactMap { input, column in
            input.kind == .float || input.kind == .int ? column : nil
        }
    }
}
