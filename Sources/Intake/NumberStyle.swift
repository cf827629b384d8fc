/// How a table writes numbers, such as `1.234,5`.
struct NumberStyle: Sendable, Equatable {
    let decimal: CSVDecimal
    let thousands: CSVThousands
    /// Whether no value has shown what a point means: `1.234` is then refused, because it could be a thousand.
    var isUnproven = false

    /// Whether numbers are written as the scanner reads them.
    var isPlain: Bool { decimal == .point && thousands == .none && !isUnproven }

    /// The style for messages.
    var words: String {
        if isUnproven { return "a point or groups only where `decimal` says which" }
        let groups = thousands == .none ? "no character" : "`\(thousands.rawValue)`"
        return "`\(decimal.rawValue)` before the fraction and \(groups) between thousands"
    }

    /// All styles in which a number can be written.
    static let all = CSVDecimal.allCases.flatMap { decimal in
        CSVThousands.allCases.filter { $0.rawValue != decimal.rawValue }.map {
            NumberStyle(decimal: decimal, thousands: $0)
        }
    }

    /// Writes a number with a point and without groups.
    ///
    /// What is no number in any style is passed on as it is, for the scanner to refuse.
    ///
    /// - Returns: whether its separators stand where this style has them.
    func translate(_ cell: UnsafeRawBufferPointer, into number: inout [UInt8]) -> Bool {
        let text = TextMeasure.trimASCII(cell)
        number.removeAll(keepingCapacity: true)
        var position = 0
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            number.append(first)
            position = 1
        }
        guard let end = translateWhole(text, from: position, into: &number) else { return false }
        position = end
        guard position < text.count else { return true }
        let wholeDigits = number.count
        if text[position] == decimalByte {
            number.append(UInt8(ascii: "."))
            position += 1
        }
        number.append(contentsOf: UnsafeRawBufferPointer(rebasing: text[position...]))
        return !(isUnproven && couldBeGroup(number, wholeEnd: wholeDigits))
    }

    /// Translates the digits before the fraction.
    ///
    /// - Returns: where they end; nil when they are grouped in another way, or a separator of another style follows.
    private func translateWhole(
        _ text: UnsafeRawBufferPointer, from start: Int, into number: inout [UInt8]
    ) -> Int? {
        var (position, group, isGrouped) = (start, 0, false)
        while position < text.count {
            let byte = text[position]
            if byte &- UInt8(ascii: "0") <= 9 {
                number.append(byte)
                (group, position) = (group + 1, position + 1)
                continue
            }
            let length = separatorLength(in: text, at: position)
            guard length > 0 else { break }
            guard isGrouped ? group == 3 : (1...3).contains(group) && text[start] != UInt8(ascii: "0") else {
                return nil
            }
            (group, isGrouped, position) = (0, true, position + length)
        }
        guard !isGrouped || group == 3 else { return nil }
        let stranger = decimal == .point ? UInt8(ascii: ",") : UInt8(ascii: ".")
        return position < text.count && text[position] == stranger ? nil : position
    }

    private var decimalByte: UInt8 { decimal == .point ? UInt8(ascii: ".") : UInt8(ascii: ",") }

    /// The bytes of a group separator of this style at a position; 0 when none stands there.
    private func separatorLength(in text: UnsafeRawBufferPointer, at position: Int) -> Int {
        let first = text[position]
        switch thousands {
        case .none: return 0
        case .comma: return first == UInt8(ascii: ",") ? 1 : 0
        case .point: return first == UInt8(ascii: ".") ? 1 : 0
        case .space:
            if first == UInt8(ascii: " ") { return 1 }
            return Self.has([0xC2, 0xA0], text, position) ? 2 : Self.has([0xE2, 0x80, 0xAF], text, position) ? 3 : 0
        case .apostrophe:
            if first == UInt8(ascii: "'") { return 1 }
            return Self.has([0xE2, 0x80, 0x99], text, position) ? 3 : 0
        }
    }

    private static func has<let count: Int>(
        _ sequence: [count of UInt8], _ text: UnsafeRawBufferPointer, _ position: Int
    ) -> Bool {
        guard text.count - position >= count else { return false }
        for offset in 0..<count where text[position + offset] != sequence[offset] { return false }
        return true
    }

    /// Whether a translated number looks like `1.234`.
    private func couldBeGroup(_ number: [UInt8], wholeEnd: Int) -> Bool {
        let digits = number[..<wholeEnd].drop { $0 < UInt8(ascii: "0") }
        guard (1...3).contains(digits.count), digits.first != UInt8(ascii: "0") else { return false }
        return number.count - wholeEnd == 4 && number[wholeEnd] == UInt8(ascii: ".")
    }
}
