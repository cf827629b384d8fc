/// Bytes of a text that is being written, with room behind them: appending is a copy to a place that is there.
///
/// An array that grows by `append` asks at every piece who else holds it and how much fits; an answer has two hundred.
struct TextBytes {
    private var storage: [UInt8]
    private var count = 0

    /// - Parameter capacity: bytes, at least 1.
    init(reserving capacity: Int) { storage = [UInt8](repeating: 0, count: capacity) }

    var bytes: [UInt8] { Array(storage[..<count]) }

    /// The bytes themselves; what is written afterwards begins anew.
    mutating func takeBytes() -> [UInt8] {
        storage.removeLast(storage.count - count)
        count = 0
        defer { storage = [0] }
        return storage
    }

    // MARK: Pieces

    mutating func append(_ byte: UInt8) {
        write(atMost: 1) { place in
            place.pointee = byte
            return 1
        }
    }

    mutating func append(_ text: StaticString) {
        write(atMost: text.utf8CodeUnitCount) { place in
            place.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
            return text.utf8CodeUnitCount
        }
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            guard let start = bytes.baseAddress else { return }
            write(atMost: bytes.count) { place in
                place.update(from: start, count: bytes.count)
                return bytes.count
            }
        }
    }

    mutating func append(_ number: Int) {
        write(atMost: 20) { place in
            var place = place
            if number < 0 {
                place.pointee = UInt8(ascii: "-")
                place += 1
            }
            return Self.write(number.magnitude, to: place) + (number < 0 ? 1 : 0)
        }
    }

    /// A name of a JSON object, which needs no escapes.
    mutating func appendName(_ name: StaticString, after comma: Bool) {
        let size = name.utf8CodeUnitCount
        write(atMost: size + 4) { place in
            var place = place
            if comma {
                place.pointee = UInt8(ascii: ",")
                place += 1
            }
            place[0] = UInt8(ascii: "\"")
            (place + 1).update(from: name.utf8Start, count: size)
            place[size + 1] = UInt8(ascii: "\"")
            place[size + 2] = UInt8(ascii: ":")
            return size + (comma ? 4 : 3)
        }
    }

    /// A text in quotes, as nearly all stand.
    ///
    /// - Returns: false, and nothing is written, when a byte of it must be escaped.
    mutating func appendQuoted(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            if bytes.contains(where: Self.isEscaped) { return false }
            write(atMost: bytes.count + 2) { place in
                place[0] = UInt8(ascii: "\"")
                if let start = bytes.baseAddress { (place + 1).update(from: start, count: bytes.count) }
                place[bytes.count + 1] = UInt8(ascii: "\"")
                return bytes.count + 2
            }
            return true
        }
    }

    /// A text in quotes, with escapes where JSON needs them.
    mutating func appendEscaped(_ text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20:
                append("\\u00")
                append(Hexadecimal.digit(for: byte >> 4))
                append(Hexadecimal.digit(for: byte))
            default:
                if Self.isEscaped(byte) { append(UInt8(ascii: "\\")) }
                append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    /// Goes on with the text in quotes that was written last.
    mutating func appendInsideQuotes(_ text: StaticString) {
        count -= 1
        append(text)
        append(UInt8(ascii: "\""))
    }

    /// A moment in quotes.
    mutating func appendQuoted(_ time: WallTime) {
        write(atMost: WallTime.textBytes + 2) { place in
            place[0] = UInt8(ascii: "\"")
            let count = time.writeText(to: place + 1)
            place[count + 1] = UInt8(ascii: "\"")
            return count + 2
        }
    }

    // MARK: Room

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func write(_ number: UInt, to place: UnsafeMutablePointer<UInt8>) -> Int {
        var digits = 1
        var bound: UInt = 10
        while digits < 20, number >= bound {
            digits += 1
            bound = digits < 20 ? bound * 10 : bound
        }
        var rest = number
        for index in stride(from: digits - 1, through: 0, by: -1) {
            place[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        return digits
    }

    /// Makes room, and lets a closure write there.
    ///
    /// - Parameter body: gives how many bytes it wrote.
    @inline(__always)
    private mutating func write(atMost most: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) {
        if storage.count - count < most { grow(by: most) }
        let start = count
        count += storage.withUnsafeMutableBufferPointer { body($0.baseAddress! + start) }
    }

    @inline(never)
    private mutating func grow(by most: Int) {
        storage.append(contentsOf: repeatElement(0, count: max(most, storage.count)))
    }
}
