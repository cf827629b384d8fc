import Core

/// The rules that a value must meet, in one place for every format.
extension RowsBuilder {
    // MARK: Values

    /// Takes a number as it was scanned, with the text it came from.
    @inline(__always)
    mutating func setNumber(_ number: ScannedNumber, text: UnsafeRawBufferPointer, input: Int) {
        guard text.count <= 32 || text.count <= Limits.numberBytes else {
            return fail(.wrongType, input, "has more than \(Limits.numberBytes) digits; round it")
        }
        switch slots[input].kind {
        case .float: setFloat(number, text: text, input: input)
        case .double: setDouble(number, text: text, input: input)
        case .int: setInteger(number, input: input)
        case .bool: fail(.wrongType, input, "must be true or false, not a number")
        case .string: fail(.wrongType, input, "must be a string; put the number in quotes")
        }
    }

    /// Takes a text that is known to be valid UTF-8.
    ///
    /// U+0000 is refused: C libraries and terminals cut a text there, so what is scored would not be what is shown.
    mutating func setText(_ text: UnsafeRawBufferPointer, input: Int) {
        let slot = slots[input]
        guard slot.kind == .string else { return fail(.wrongType, input, Self.expected(slot.kind) + ", not a string") }
        guard !ByteSearch.contains(0, in: text) else {
            return fail(.wrongType, input, "has the character U+0000; remove it")
        }
        let trimmed = TextMeasure.trim(text)
        if trimmed.isEmpty, slot.minimumLength >= 1 {
            return fail(.blankText, input, "is blank; give it some text")
        }
        // A scalar has at least one byte: texts of few bytes need no counting.
        if trimmed.count > slot.maximumLength || slot.minimumLength > 1 {
            let length = TextMeasure.scalarCount(trimmed)
            if length > slot.maximumLength {
                return fail(
                    .textTooLong, input, "has \(length) characters and at most \(slot.maximumLength) fit; shorten it")
            }
            if length < slot.minimumLength {
                return fail(
                    .outOfBounds, input, "has \(length) characters and needs at least \(slot.minimumLength)")
            }
        }
        appendText(text, place: slot.place)
        row.mark(input)
    }

    /// Refuses `NaN` and `Infinity` in JSON, where null says that a value is missing.
    mutating func failNoNumber(_ input: Int) {
        let missing = signature.inputs[input].missing
        let meaning = missing == .error ? "a missing value is refused here" : missing.words
        fail(
            .wrongType, input,
            "is `NaN` or `Infinity`, which JSON does not have; write null if it is missing (\(meaning))")
    }

    mutating func setFlag(_ flag: Bool, input: Int) {
        let slot = slots[input]
        guard slot.kind == .bool else { return fail(.wrongType, input, Self.expected(slot.kind) + ", not a boolean") }
        row.set(flag ? 1 : 0, at: slot.place)
        row.mark(input)
    }

    /// Takes the absence of a value: absent, null, or an empty cell.
    mutating func setMissing(input: Int) {
        let slot = slots[input]
        switch (signature.inputs[input].missing, slot.kind) {
        case (.notANumber, .float):
            row.set(UInt64(Float.nan.bitPattern), at: slot.place)
        case (.number(let number), .float):
            row.set(UInt64(Float(number).bitPattern), at: slot.place)
        case (.notANumber, .double):
            row.set(Double.nan.bitPattern, at: slot.place)
        case (.number(let number), .double):
            row.set(number.bitPattern, at: slot.place)
        case (.number(let number), .int), (.number(let number), .bool):
            guard let whole = Self.whole(number) else { return failMissing(input) }
            row.set(UInt64(bitPattern: whole), at: slot.place)
        case (.text(var text), .string):
            text.withUTF8 { appendText(UnsafeRawBufferPointer($0), place: slot.place) }
        default:
            return failMissing(input)
        }
        row.mark(input)
    }

    /// The integer that a double is; the standard library's own conversion would need the C mathematics library.
    private static func whole(_ number: Double) -> Int64? {
        guard abs(number) < 0x1p63, Double(Int64(number)) == number else { return nil }
        return Int64(number)
    }

    private mutating func failMissing(_ input: Int) {
        fail(.missingInput, input, "is missing; give it a value")
    }

    mutating func fillMissing() {
        for input in slots.indices where !row.has(input) && row.fault == nil { setMissing(input: input) }
    }

    // MARK: Numbers

    @inline(__always)
    private mutating func setFloat(_ number: ScannedNumber, text: UnsafeRawBufferPointer, input: Int) {
        let slot = slots[input]
        let reading = number.reading(of: text, minimum: slot.minimum, maximum: slot.maximum)
        guard reading.double >= slot.minimum, reading.double <= slot.maximum else {
            return failBounds(input)
        }
        guard reading.float.isFinite else {
            return fail(.outOfBounds, input, "does not fit a 32-bit float; at most 3.4e38 does")
        }
        row.set(UInt64(reading.float.bitPattern), at: slot.place)
        row.mark(input)
    }

    /// Takes a number of 64 bits; fewer models have such, so that it need not be as fast.
    @inline(never)
    private mutating func setDouble(_ number: ScannedNumber, text: UnsafeRawBufferPointer, input: Int) {
        let slot = slots[input]
        let double = number.double(of: text)
        guard double >= slot.minimum, double <= slot.maximum else { return failBounds(input) }
        guard double.isFinite else {
            return fail(.outOfBounds, input, "does not fit a 64-bit float; at most 1.7e308 does")
        }
        row.set(double.bitPattern, at: slot.place)
        row.mark(input)
    }

    private mutating func setInteger(_ number: ScannedNumber, input: Int) {
        let slot = slots[input]
        guard let value = number.integer else {
            return fail(.wrongType, input, "must be a whole number that fits 64 bits")
        }
        guard Double(value) >= slot.minimum, Double(value) <= slot.maximum else { return failBounds(input) }
        row.set(UInt64(bitPattern: value), at: slot.place)
        row.mark(input)
    }

    private mutating func failBounds(_ input: Int) {
        let bounds = signature.inputs[input]
        let message =
            switch (bounds.minimum, bounds.maximum) {
            case (let least?, let greatest?): "must be between \(least) and \(greatest)"
            case (let least?, nil): "must be at least \(least)"
            case (nil, let greatest?): "must be at most \(greatest)"
            case (nil, nil): "must be a finite number"
            }
        fail(.outOfBounds, input, message)
    }

    // MARK: Faults

    /// Marks the row as failed by one of its values.
    ///
    /// - Parameter problem: what is wrong, and the remedy; it follows the input's name and never repeats the value.
    mutating func fail(_ code: ErrorCode, _ input: Int, _ problem: String) {
        guard row.fault == nil else { return }
        let name = signature.inputs[input].name
        let pointer =
            switch row.pointers {
            case .named: "/" + ValuePointer.escape(name)
            case .positional: "/\(input)"
            case .bare: ""
            }
        let column = columnNames.indices.contains(input) ? columnNames[input] : nil
        fail(code, pointer: pointer, "The input `\(name)`\(column.map { " (column `\($0)`)" } ?? "") \(problem).")
    }

    static func expected(_ kind: ModelInput.Kind) -> String {
        switch kind {
        case .string: "must be a string"
        case .float, .double: "must be a number"
        case .int: "must be a whole number"
        case .bool: "must be true or false"
        }
    }
}
