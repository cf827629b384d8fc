/// Writes JSON straight into bytes, without a tree and without an allocation per value.
///
/// Answers are written by the hundred thousand a second; Foundation's encoder costs more than the database read.
/// The writer adds commas itself; the caller opens and closes what it opened.
package struct JSONWriter {
    private var text: TextBytes
    private var needsComma = false

    package init(reserving capacity: Int = 2_048) { text = TextBytes(reserving: capacity) }

    /// What has been written so far.
    package var bytes: [UInt8] { text.bytes }

    /// Writes one document with a closure.
    package static func write(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        body(&writer)
        return writer.text.takeBytes()
    }

    // MARK: Structure

    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "{"))
        body(&self)
        close(UInt8(ascii: "}"))
    }

    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        open(UInt8(ascii: "["))
        body(&self)
        close(UInt8(ascii: "]"))
    }

    /// Writes a member's name; one value must follow.
    package mutating func key(_ name: StaticString) {
        text.appendName(name, after: needsComma)
        needsComma = false
    }

    /// Writes a member's name that comes from outside; one value must follow.
    package mutating func key(escaping name: String) {
        separate()
        quote(name)
        text.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Ends a line, for formats of one document a line.
    package mutating func newline() {
        text.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    // MARK: Values

    package mutating func value(_ text: String) {
        separate()
        quote(text)
    }

    package mutating func value(_ number: Int) {
        separate()
        text.append(number)
    }

    package mutating func value(_ flag: Bool) { literal(flag ? "true" : "false") }
    package mutating func null() { literal("null") }

    /// Writes JSON that was made before; null for none.
    package mutating func raw(_ text: String?) {
        separate()
        self.text.append(text ?? "null")
    }

    /// Writes the shortest digits that read back equal; null for what JSON cannot hold.
    package mutating func value(_ number: Float) {
        number.isFinite ? raw(Self.shortest(number.description)) : null()
    }
    package mutating func value(_ number: Double) {
        number.isFinite ? raw(Self.shortest(number.description)) : null()
    }
    /// Writes the shortest digits that read back equal in the number's own precision.
    package mutating func value(_ number: Double, in precision: Precision) {
        if precision == .single { value(Float(number)) } else { value(number) }
    }
    package mutating func value(_ time: WallTime) {
        separate()
        text.appendQuoted(time)
    }

    package mutating func value(_ text: String?) { if let text { value(text) } else { null() } }
    package mutating func value(_ number: Double?) { if let number { value(number) } else { null() } }
    package mutating func value(_ time: WallTime?) { if let time { value(time) } else { null() } }

    package mutating func member(_ name: StaticString, _ text: String?) { key(name); value(text) }
    /// Writes a text that ends in letters which need no escapes, without putting both together first.
    package mutating func member(_ name: StaticString, _ text: String, followedBy ending: StaticString) {
        key(name)
        value(text)
        self.text.appendInsideQuotes(ending)
    }
    package mutating func member(_ name: StaticString, _ number: Int) { key(name); value(number) }
    package mutating func member(_ name: StaticString, _ number: Double?) { key(name); value(number) }
    package mutating func member(_ name: StaticString, _ flag: Bool) { key(name); value(flag) }
    package mutating func member(_ name: StaticString, _ time: WallTime?) { key(name); value(time) }

    // MARK: Bytes

    private mutating func open(_ bracket: UInt8) {
        separate()
        text.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        text.append(bracket)
        needsComma = true
    }

    private mutating func literal(_ word: StaticString) {
        separate()
        text.append(word)
    }

    /// Writes the comma that a value needs before it, and notes that the next one will.
    private mutating func separate() {
        if needsComma { text.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func quote(_ value: String) {
        if !text.appendQuoted(value) { text.appendEscaped(value) }
    }

    /// The shortest digits of a finite number that read back equal, as JSON has them.
    package static func shortest(_ number: Double, in precision: Precision) -> String {
        shortest(precision == .single ? Float(number).description : number.description)
    }

    /// Whole numbers lose the `.0` that Swift prints: `1`, not `1.0`.
    private static func shortest(_ text: String) -> String {
        guard text.utf8.last == UInt8(ascii: "0"), text.utf8.dropLast().last == UInt8(ascii: ".") else { return text }
        return String(text.utf8.dropLast(2))!
    }
}
