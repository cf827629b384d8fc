/// A table's first line that only says its delimiter, as programs write it for Excel: `sep=;`, also in quotes.
struct SeparatorHint {
    /// The delimiter; nil where it is one that is not read.
    let delimiter: CSVDelimiter?

    /// Whether a line says its delimiter.
    static func isHint(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
        content(of: bytes, from: start, to: end) != nil
    }

    /// Reads such a line; see ``isHint(_:from:to:)``.
    init(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
        let content = Self.content(of: bytes, from: start, to: end) ?? []
        // A spreadsheet that saved the file again filled the line up with delimiters.
        let rest = content.dropFirst()
        let isTab = content.elementsEqual([UInt8(ascii: "\\"), UInt8(ascii: "t")])
        delimiter = CSVDelimiter.allCases.first {
            isTab ? $0 == .tab : content.first == $0.byte && rest.allSatisfy { $0 == content.first }
        }
    }

    /// The hint of a table, if its first line is whole and is one.
    static func first(of bytes: UnsafeRawBufferPointer, isWhole: Bool) -> SeparatorHint? {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let end = ByteSearch.first(
            of: CSVBytes.newline, or: CSVBytes.carriageReturn, in: bytes, from: start, to: bytes.count)
        guard isWhole || end < bytes.count, isHint(bytes, from: start, to: end) else { return nil }
        return SeparatorHint(bytes, from: start, to: end)
    }

    /// - Throws: `IntakeError` when the table is read with another delimiter.
    func require(_ byte: UInt8) throws {
        guard let delimiter else { throw IntakeError.ambiguousFormat(.unknownHint) }
        guard delimiter.byte == byte else { throw IntakeError.ambiguousFormat(.contradictingHint) }
    }

    /// What follows `sep=`; nil when the line is something else.
    private static func content(of bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> [UInt8]? {
        // Longer lines than a table has columns say something else.
        guard end - start >= 5, end - start < 4_200 else { return nil }
        var line = bytes[start..<end]
        while let last = line.last, last == CSVBytes.newline || last == CSVBytes.carriageReturn { line.removeLast() }
        if line.first == CSVBytes.quote, let close = line.dropFirst().firstIndex(of: CSVBytes.quote) {
            let rest = line[(close + 1)...]
            line = line[(line.startIndex + 1)..<close]
            guard rest.allSatisfy({ $0 == line.last }) else { return nil }
        }
        guard line.count >= 5, line.prefix(4).map({ $0 | 0x20 }).elementsEqual("sep=".utf8.map { $0 | 0x20 }) else {
            return nil
        }
        let content = Array(line.dropFirst(4))
        let isOneSign = content.allSatisfy { $0 == content[0] }
        return isOneSign || content.count == 2 && content[0] == UInt8(ascii: "\\") ? content : nil
    }
}
