/// Writes JSON straight into bytes, without a tree and without an allocation per value.
///
/// Answers are written by the hundred thousand a second; Foundation's encoder costs more than the database read.
/// The writer adds commas itself; the caller opens and closes what it opened.
package struct JSONWriter {
    package private(set) var bytes: [UInt8]
    private var needsComma = false

    package init(reserving capacity: Int = 1_024) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Writes one document with a closure.
    package static func write(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.bytes
    }

    // MARK: Structure

    package mutating func object(_ body: (inout JSONWriter) -> Void) { enclose("{", "}", body) }
    package mutating func array(_ body: (inout JSONWriter) -> Void) { enclose("[", "]", body) }

    /// Writes a member's name; one value must follow.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a member's name that comes from outside; one value must follow.
    package mutating func key(escaping name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Ends a line, for formats of one document a line.
    package mutating func newline() {
        bytes.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    // MARK: Values

    package mutating func value(_ text: String) {
        separate()
        quote(text)
        needsComma = true
    }

    package mutating func value(_ number: Int) { literal("\(number)") }
    package mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }
    package mutating func null() { literal("null") }

    /// Writes JSON that was made before; null for none.
    package mutating func raw(_ text: String?) { literal(text ?? "null") }

    /// Writes the shortest digits that read back equal; null for what JSON cannot hold.
    package mutating func value(_ number: Float) {
        number.isFinite ? literal(Self.shortest(number.description)) : null()
    }
    package mutating func value(_ number: Double) {
        number.isFinite ? literal(Self.shortest(number.description)) : null()
    }

    package mutating func value(_ text: String?) { if let text { value(text) } else { null() } }
    package mutating func value(_ number: Double?) { if let number { value(number) } else { null() } }
    package mutating func value(_ time: WallTime?) { if let time { value(time.description) } else { null() } }

    package mutating func member(_ name: StaticString, _ text: String?) { key(name); value(text) }
    package mutating func member(_ name: StaticString, _ number: Int) { key(name); value(number) }
    package mutating func member(_ name: StaticString, _ number: Double?) { key(name); value(number) }
    package mutating func member(_ name: StaticString, _ flag: Bool) { key(name); value(flag) }
    package mutating func member(_ name: StaticString, _ time: WallTime?) { key(name); value(time) }

    // MARK: Bytes

    private mutating func enclose(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: open))
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func literal(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
    }

    /// The shortest digits of a finite number that read back equal, as JSON has them.
    package static func shortest(_ number: Float) -> String { shortest(number.description) }

    /// Whole numbers lose the `.0` that Swift prints: `1`, not `1.0`.
    private static func shortest(_ text: String) -> String {
        text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        // Nearly all texts stand as they are.
        if !text.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }) {
            bytes.append(contentsOf: text.utf8)
            return bytes.append(UInt8(ascii: "\""))
        }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
            case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(Hexadecimal.digit(for: byte >> 4))
                bytes.append(Hexadecimal.digit(for: byte))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
