/// Identifies a prediction task: a UUID of version 7, so that ids made later sort later.
///
/// Time order matters to the store: ids that arrive in order insert four times faster than random ones.
/// The layout is that of RFC 9562, section 5.7 <https://www.rfc-editor.org/rfc/rfc9562#section-5.7>.
package struct TaskID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The first eight bytes, big-endian: 48 bits of milliseconds, the version, 12 random bits.
    package let high: UInt64
    /// The last eight bytes, big-endian: the variant and 62 random bits.
    package let low: UInt64

    /// Makes an id for a moment.
    ///
    /// - Parameters:
    ///   - time: the moment, to the millisecond.
    ///   - generator: where the 74 random bits come from.
    package init(at time: WallTime, using generator: inout some RandomNumberGenerator) {
        let milliseconds = UInt64(clamping: time.milliseconds) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0...0xFFF, using: &generator)
        low = 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF, using: &generator)
    }

    /// Reads the sixteen bytes that ``bytes`` gives; nil when there are not sixteen.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var (high, low) = (UInt64(0), UInt64(0))
        for byte in bytes {
            high = high << 8 | low >> 56
            low = low << 8 | UInt64(byte)
        }
        (self.high, self.low) = (high, low)
    }

    /// Reads the text form, `8-4-4-4-12` hexadecimal digits in either case; nil for anything else.
    package init?(_ text: String) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var digits = 0
        var position = 0
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Hexadecimal.value(of: byte), digits < 32 else { return nil }
            if digits < 16 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
            digits += 1
        }
        guard digits == 32, position == 36 else { return nil }
        (self.high, self.low) = (high, low)
    }

    /// The sixteen bytes, in the order in which ids sort.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { bytes, count in
            for index in 0..<8 {
                bytes[index] = UInt8(truncatingIfNeeded: high >> (56 - 8 * index))
                bytes[8 + index] = UInt8(truncatingIfNeeded: low >> (56 - 8 * index))
            }
            count = 16
        }
    }

    package var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    text[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = digit < 16 ? high : low
                text[position] = Hexadecimal.digit(for: UInt8(truncatingIfNeeded: word >> (60 - 4 * (digit % 16))))
                position += 1
            }
            return position
        }
    }

    package static func < (left: TaskID, right: TaskID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
