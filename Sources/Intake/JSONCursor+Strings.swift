import Core

/// Where a string's content stands, between its quotes.
struct JSONText {
    let start: Int
    let end: Int
    let hasEscapes: Bool
    /// Whether an escape is half of a surrogate pair, which RFC 8259's grammar has and no text does.
    ///
    /// It reads as U+FFFD; code that takes the text as a value must refuse it.
    var hasLoneSurrogate = false
}

extension JSONCursor {
    /// Takes a string, checks it and says where it stands; an opening quote must be here.
    @inline(__always)
    mutating func takeString() throws -> JSONText {
        let start = position &+ 1
        position = start
        var (hasEscapes, hasLoneSurrogate) = (false, false)
        while true {
            skipPlain()
            guard position < bytes.count else { throw fault(.endsEarly) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position &+= 1
                return JSONText(
                    start: start, end: position &- 1, hasEscapes: hasEscapes, hasLoneSurrogate: hasLoneSurrogate)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                if try takeEscape() == nil { hasLoneSurrogate = true }
            case 0x80...: try takeSequence()
            default: throw fault(.controlCharacter)
            }
        }
    }

    /// Calls a closure with a string's text, escapes resolved.
    @inline(__always)
    mutating func withText<Answer>(
        _ text: JSONText, _ body: (UnsafeRawBufferPointer) throws -> Answer
    ) rethrows -> Answer {
        guard text.hasEscapes else { return try body(UnsafeRawBufferPointer(rebasing: bytes[text.start..<text.end])) }
        decode(text)
        return try decoded.withUnsafeBytes(body)
    }

    /// Skips what needs no look: ASCII without quote, backslash and control characters.
    @inline(__always)
    private mutating func skipPlain() {
        while position &+ 8 <= bytes.count {
            let marks = ByteSearch.stringMarks(ByteSearch.word(bytes, at: position))
            if marks != 0 {
                position &+= marks.trailingZeroBitCount >> 3
                return
            }
            position &+= 8
        }
        while position < bytes.count, bytes[position] >= 0x20, bytes[position] < 0x80,
            bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\")
        { position &+= 1 }
    }

    private mutating func takeSequence() throws {
        while position < bytes.count, bytes[position] >= 0x80 {
            let length = UTF8Check.sequenceLength(in: bytes, at: position)
            guard length > 0 else { throw IntakeError.invalidUTF8(atByte: position) }
            position &+= length
        }
    }

    // MARK: Escapes

    /// Takes an escape, a surrogate pair whole, and gives the scalar it stands for; nil for half of a pair.
    private mutating func takeEscape() throws -> Unicode.Scalar? {
        position += 1
        guard position < bytes.count else { throw fault(.endsEarly) }
        let kind = bytes[position]
        guard kind != UInt8(ascii: "u") else { return try takeUnicodeEscape() }
        guard let scalar = Self.simpleEscape(kind) else { throw fault(.unknownEscape) }
        position += 1
        return Unicode.Scalar(scalar)
    }

    private static func simpleEscape(_ kind: UInt8) -> UInt32? {
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): UInt32(kind)
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        default: nil
        }
    }

    private mutating func takeUnicodeEscape() throws -> Unicode.Scalar? {
        let first = try takeHexadecimal()
        guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return nil }
        let behindFirst = position
        position += 1
        let second = try takeHexadecimal()
        guard (0xDC00...0xDFFF).contains(second) else {
            // What follows is an escape of its own.
            position = behindFirst
            return nil
        }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    /// Takes `u` and four hexadecimal digits.
    private mutating func takeHexadecimal() throws -> UInt32 {
        position += 1
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = Hexadecimal.value(of: bytes[position]) else {
                throw fault(.unknownEscape)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }

    /// Resolves the escapes of a string that was taken before, so that none of them can fail.
    private mutating func decode(_ text: JSONText) {
        decoded.removeAll(keepingCapacity: true)
        var reader = JSONCursor(bytes, at: text.start)
        while reader.position < text.end {
            let plain = ByteSearch.first(UInt8(ascii: "\\"), in: bytes, from: reader.position, to: text.end)
            decoded.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[reader.position..<plain]))
            reader.position = plain
            guard plain < text.end else { return }
            // try? because the escape was taken before: it cannot fail here.
            guard let value = try? reader.takeEscape() as Unicode.Scalar?? else {
                preconditionFailure("a string is decoded only after it was taken")
            }
            decoded.append(contentsOf: UTF8.encode(value ?? "\u{FFFD}")!)
        }
    }
}
