import Core

/// How the cells of a table, which are all text, become values.
extension RowsBuilder {
    /// Takes a cell; an empty one is a missing value, and so is one of the input's own words for that.
    @inline(__always)
    mutating func setCell(_ cell: UnsafeRawBufferPointer, input: Int) {
        if slots[input].hasMissingTokens, isMissingToken(cell, input: input) { return setMissing(input: input) }
        switch slots[input].kind {
        case .float, .double, .int: setNumberCell(cell, input: input)
        case .string: setTextCell(cell, input: input)
        case .bool: setFlagCell(TextMeasure.trimASCII(cell), input: input)
        }
    }

    /// Takes a cell of a table that writes numbers in its own style.
    ///
    /// - Parameter scratch: holds the number as the scanner reads it.
    @inline(__always)
    mutating func setCell(
        _ cell: UnsafeRawBufferPointer, input: Int, style: NumberStyle, scratch: inout [UInt8]
    ) {
        if style.isPlain { setCell(cell, input: input) } else { setStyledCell(cell, input, style, &scratch) }
    }

    private mutating func setStyledCell(
        _ cell: UnsafeRawBufferPointer, _ input: Int, _ style: NumberStyle, _ scratch: inout [UInt8]
    ) {
        guard slots[input].isNumber, !(slots[input].hasMissingTokens && isMissingToken(cell, input: input)) else {
            return setCell(cell, input: input)
        }
        guard style.translate(cell, into: &scratch) else {
            if let sign = NumberSign.find(in: cell) { return fail(.wrongType, input, sign.problem) }
            return fail(.wrongType, input, "must be a number, with \(style.words); leave it empty if it is missing")
        }
        scratch.withUnsafeBytes { setNumberCell($0, input: input) }
    }

    @inline(never)
    private func isMissingToken(_ cell: UnsafeRawBufferPointer, input: Int) -> Bool {
        let trimmed = TextMeasure.trimASCII(cell)
        return signature.inputs[input].missingTokens.contains { $0.utf8.elementsEqual(trimmed) }
    }

    private mutating func setNumberCell(_ cell: UnsafeRawBufferPointer, input: Int) {
        if let number = ScannedNumber.plain(cell) {
            setNumber(number, text: cell, input: input)
        } else {
            setLongNumberCell(cell, input: input)
        }
    }

    @inline(never)
    private mutating func setLongNumberCell(_ cell: UnsafeRawBufferPointer, input: Int) {
        if let (number, end) = ScannedNumber.scan(cell, from: 0, to: cell.count), end == cell.count {
            setNumber(number, text: cell, input: input)
        } else {
            setPaddedNumber(cell, input: input)
        }
    }

    /// Takes the cell of the id column; an empty one is no id.
    mutating func setIDCell(_ cell: UnsafeRawBufferPointer) {
        guard UTF8Check.firstFault(in: cell) == nil else {
            return fail(.invalidUTF8, "The row's id is not UTF-8; say the table's `encoding`, or save it as UTF-8.")
        }
        setID(cell)
    }

    private mutating func setTextCell(_ cell: UnsafeRawBufferPointer, input: Int) {
        guard !cell.isEmpty else { return setMissing(input: input) }
        guard UTF8Check.firstFault(in: cell) == nil else {
            return fail(.invalidUTF8, input, "is not UTF-8; say the table's `encoding`, or save it as UTF-8")
        }
        setText(cell, input: input)
    }

    /// Takes a number with spaces around it, or none at all.
    private mutating func setPaddedNumber(_ cell: UnsafeRawBufferPointer, input: Int) {
        let trimmed = TextMeasure.trimASCII(cell)
        guard !trimmed.isEmpty else { return setMissing(input: input) }
        guard let (number, end) = ScannedNumber.scan(trimmed, from: 0, to: trimmed.count), end == trimmed.count else {
            if let sign = NumberSign.find(in: trimmed) { return fail(.wrongType, input, sign.problem) }
            return fail(
                .wrongType, input,
                Self.expected(slots[input].kind) + ", with \(numberWords); leave it empty if it is missing")
        }
        setNumber(number, text: trimmed, input: input)
    }

    @inline(never)
    private mutating func setFlagCell(_ cell: UnsafeRawBufferPointer, input: Int) {
        if cell.isEmpty {
            setMissing(input: input)
        } else if let flag = flagWords.flag(cell) {
            setFlag(flag, input: input)
        } else {
            fail(.wrongType, input, flagWords.expected)
        }
    }
}
