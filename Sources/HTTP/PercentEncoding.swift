import Core

/// Reads and writes the escapes of RFC 3986, section 2.1.
package enum PercentEncoding {
    /// Decodes a part of a target.
    ///
    /// - Parameter plusIsSpace: as in a query, not in a path.
    /// - Throws: ``HTTPError/malformed(_:)`` for a bad escape, an escaped NUL or bytes that are not UTF-8.
    static func decode(_ text: Slice<UnsafeBufferPointer<UInt8>>, plusIsSpace: Bool) throws -> String {
        // Nearly all parts stand for themselves; what a request line may hold is ASCII.
        if !text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") || $0 == 0 || $0 > 0x7F }) {
            return String(decoding: text, as: UTF8.self)
        }
        guard let bytes = unescape(text, plusIsSpace: plusIsSpace) else {
            throw HTTPError.malformed("the target holds a % that two hexadecimal digits do not follow")
        }
        guard !bytes.contains(0) else { throw HTTPError.malformed("the target holds an escaped NUL") }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw HTTPError.malformed("the target is not UTF-8")
        }
        return decoded
    }

    /// Replaces each escape by its byte; nil where two hexadecimal digits do not follow a `%`.
    static func unescape(_ text: Slice<UnsafeBufferPointer<UInt8>>, plusIsSpace: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            if byte == UInt8(ascii: "%") {
                guard let high = iterator.next().flatMap(Hexadecimal.value(of:)),
                    let low = iterator.next().flatMap(Hexadecimal.value(of:))
                else { return nil }
                bytes.append(high << 4 | low)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return bytes
    }

    /// Escapes a text so that it stands for itself as one segment of a path or one value of a query.
    package static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), upperDigit(byte >> 4), upperDigit(byte & 0xF)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func upperDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
