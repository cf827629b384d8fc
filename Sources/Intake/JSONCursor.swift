import Core

/// Walks over JSON bytes, value by value, and accepts exactly what RFC 8259 does, in UTF-8.
///
/// Nothing is built: a caller asks for what it expects next. The bytes must outlive the cursor.
struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    /// The open arrays and objects around the position.
    private(set) var depth = 0
    /// Holds the text of strings with escapes.
    var decoded: [UInt8] = []

    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    // MARK: Tokens

    /// Skips white space and gives the byte after it; 0, with which no token begins, at the end.
    @inline(__always)
    mutating func peek() -> UInt8 {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position &+= 1
        }
        return 0
    }

    /// Whether only white space is left.
    mutating func isAtEnd() -> Bool {
        _ = peek()
        return position >= bytes.count
    }

    /// Skips white space and one byte, if it is the one asked for.
    @inline(__always)
    mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: wanted) else { return false }
        position &+= 1
        return true
    }

    func fault(_ problem: JSONProblem) -> IntakeError {
        .malformedJSON(atByte: position, problem: position >= bytes.count ? .endsEarly : problem)
    }

    /// Makes sure that only white space is left.
    mutating func expectEnd() throws {
        if !isAtEnd() { throw fault(.trailingBytes) }
    }

    mutating func takeLiteral(_ literal: StaticString) throws {
        let length = literal.utf8CodeUnitCount
        guard bytes.count - position >= length,
            (0..<length).allSatisfy({ literal.utf8Start[$0] == bytes[position + $0] })
        else { throw fault(.expectedValue) }
        position += length
    }

    /// Takes a number; one must begin here.
    @inline(__always)
    mutating func takeNumber() throws -> (number: ScannedNumber, text: UnsafeRawBufferPointer) {
        let start = position
        guard let (number, end) = ScannedNumber.scan(bytes, from: start, to: bytes.count), number.isStrict,
            end == bytes.count || !Self.continuesNumber(bytes[end])
        else { throw fault(.malformedNumber) }
        position = end
        return (number, UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
    }

    private static func continuesNumber(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") <= 9
    }

    // MARK: Structure

    /// Calls a closure with each member's name, the cursor standing at its value, which the closure must take.
    mutating func takeObject(_ member: (inout JSONCursor, JSONText) throws -> Void) throws {
        try enter()
        if take("}") { return leave() }
        repeat {
            guard peek() == UInt8(ascii: "\"") else { throw fault(.expectedName) }
            let name = try takeString()
            guard take(":") else { throw fault(.expectedColon) }
            _ = peek()
            try member(&self, name)
        } while take(",")
        guard take("}") else { throw fault(.expectedCommaOrEnd) }
        leave()
    }

    /// Calls a closure for each element, the cursor standing at it; the closure must take it.
    mutating func takeArray(_ element: (inout JSONCursor) throws -> Void) throws {
        try enter()
        if take("]") { return leave() }
        repeat {
            _ = peek()
            try element(&self)
        } while take(",")
        guard take("]") else { throw fault(.expectedCommaOrEnd) }
        leave()
    }

    /// Takes any value and forgets it.
    mutating func skipValue() throws {
        switch peek() {
        case UInt8(ascii: "{"): try takeObject { json, _ in try json.skipValue() }
        case UInt8(ascii: "["): try takeArray { json in try json.skipValue() }
        case UInt8(ascii: "\""): _ = try takeString()
        case UInt8(ascii: "t"): try takeLiteral("true")
        case UInt8(ascii: "f"): try takeLiteral("false")
        case UInt8(ascii: "n"): try takeLiteral("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): if !takeNoNumber() { _ = try takeNumber() }
        default: if !takeNoNumber() { throw fault(.expectedValue) }
        }
    }

    /// Takes `NaN`, `Infinity` or `-Infinity`, which Python and JavaScript libraries write and JSON does not have.
    ///
    /// They are told from the syntax at large so that only their row fails.
    mutating func takeNoNumber() -> Bool {
        for literal in ["NaN", "Infinity", "-Infinity"] as [StaticString] {
            let length = literal.utf8CodeUnitCount
            let isHere =
                bytes.count - position >= length
                && (0..<length).allSatisfy { literal.utf8Start[$0] == bytes[position + $0] }
            guard isHere else { continue }
            position += length
            return true
        }
        return false
    }

    /// Takes an opening bracket; the depth bounds the recursion of ``skipValue()``.
    mutating func enter() throws {
        guard depth < Limits.jsonDepth else { throw IntakeError.nestedTooDeep(atByte: position) }
        depth += 1
        position += 1
    }

    mutating func leave() { depth -= 1 }
}

extension JSONCursor {
    /// Skips the UTF-8 byte order mark that some programs put first.
    mutating func skipByteOrderMark() {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }
}
