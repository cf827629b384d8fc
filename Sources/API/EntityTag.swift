internal import HTTP

/// A weak entity tag: it stays while an answer says the same, whatever its coding (RFC 9110, section 8.8.3).
struct EntityTag: Equatable {
    /// The tag as a header has it.
    let text: String
    /// What stands between its quotation marks.
    private let opaque: String

    /// Not collision-resistant: a caller who constructs a collision harms only that caller.
    ///
    /// - Parameter parts: bytes of the answer that the tag covers, eight of which are mixed at a time.
    init(revision: Int, of parts: [ArraySlice<UInt8>]) {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for part in parts { Self.mix(part, into: &state) }
        opaque = "\(revision)-\(String(state, radix: 36))"
        text = "W/\"\(opaque)\""
    }

    private static func mix(_ part: ArraySlice<UInt8>, into state: inout UInt64) {
        part.withUnsafeBytes { bytes in
            var index = 0
            while index < bytes.count {
                var word = UInt64(bytes.count - index)
                if index + 8 <= bytes.count {
                    word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                } else {
                    for byte in bytes[index...] { word = word << 8 | UInt64(byte) }
                }
                let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
                state = product.high ^ product.low
                index += 8
            }
        }
    }

    /// Whether a request's `If-None-Match` names the tag, or `*`, which is any.
    ///
    /// Tags are compared weakly, as the RFC asks for this header; quotation marks that a client has lost are not missed.
    func isNamed(by headers: HTTPHeaders) -> Bool {
        headers.all("If-None-Match").contains { value in
            value.split(separator: ",").contains { item in
                var tag = item.drop { $0 == " " || $0 == "\t" }
                if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
                while let last = tag.last, last == " " || last == "\t" { tag.removeLast() }
                if tag.first == "\"", tag.last == "\"", tag.count > 1 { tag = tag.dropFirst().dropLast() }
                return tag == "*" || tag == opaque
            }
        }
    }
}
