internal import Glibc

/// A host with an optional port, as they stand in a `Host` header, in a URL or in a list of names.
package struct Authority: Sendable, Hashable {
    /// In small letters and without a dot at its end; an address of version 6 in its shortest form, without brackets.
    package let host: String
    package let port: UInt16?

    /// - Returns: nil when the text is no host name or address with an optional port.
    package init?(_ text: some StringProtocol) {
        guard let (host, port) = Self.split(text[...]) else { return nil }
        if let port, !port.isEmpty {
            guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port) else { return nil }
            self.port = number
        } else {
            self.port = nil
        }
        if host.hasPrefix("[") {
            guard host.hasSuffix("]"), let address = Self.shortest(String(host.dropFirst().dropLast())) else {
                return nil
            }
            self.host = address
        } else {
            guard let name = Self.name(host) else { return nil }
            self.host = name
        }
    }

    /// A host with any port.
    ///
    /// - Parameter host: in the form that ``host`` has.
    package init(host: String) {
        self.host = host
        port = nil
    }

    /// Whether the host means this machine whatever the network says: `localhost`, names below it, 127.0.0.0/8 and `::1`.
    ///
    /// Browsers resolve those names themselves (RFC 6761, section 6.3), so that no name server can lead them elsewhere.
    package var isLoopback: Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        let address = host.hasPrefix("::ffff:") ? String(host.dropFirst(7)) : host
        return Self.version4(address).map { $0 >> 24 == 127 } ?? false
    }

    /// Whether the host is the address that stands for all addresses of a machine: `0.0.0.0` or `::`.
    package var isWildcard: Bool {
        let address = host.hasPrefix("::ffff:") ? String(host.dropFirst(7)) : host
        return host == "::" || Self.version4(address) == 0
    }

    private static func split<Text: StringProtocol>(_ text: Text) -> (host: Text.SubSequence, port: Text.SubSequence?)?
    where Text.SubSequence == Text {
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            return (text[...end], rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = text.firstIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    /// The name in the form in which names are compared; nil when a byte in it cannot stand in a name.
    private static func name(_ text: some StringProtocol) -> String? {
        let all = Array(text.utf8)
        let bytes = all.last == UInt8(ascii: ".") ? all.dropLast() : all[...]
        guard !bytes.isEmpty, bytes.count <= maximumNameBytes else { return nil }
        var name: [UInt8] = []
        name.reserveCapacity(bytes.count)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): name.append(byte | 0x20)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "."), UInt8(ascii: "_"):
                name.append(byte)
            default: return nil
            }
        }
        return String(decoding: name, as: UTF8.self)
    }

    /// An address of version 6 in its shortest form; nil for anything else.
    private static func shortest(_ text: String) -> String? {
        var address = in6_addr()
        guard inet_pton(AF_INET6, text, &address) == 1 else { return nil }
        var bytes = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &bytes, socklen_t(bytes.count)) != nil else { return nil }
        return bytes.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// An address of version 4 in any of the forms that the C library takes, such as `127.1`; nil for anything else.
    private static func version4(_ text: String) -> UInt32? {
        var address = in_addr()
        return inet_aton(text, &address) != 0 ? UInt32(bigEndian: address.s_addr) : nil
    }

    /// RFC 1035, section 2.3.4.
    private static let maximumNameBytes = 255
}
