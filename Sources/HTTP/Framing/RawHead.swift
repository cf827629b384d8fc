import Core

/// The head of a request as it came, line by line.
struct RawHead {
    private let requestLine: UnsafeRawBufferPointer
    private let fields: UnsafeRawBufferPointer

    /// - Parameter bytes: whole lines, each with its CR and LF, without the empty one.
    init(_ bytes: UnsafeRawBufferPointer) {
        let end = (bytes.firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count - 1) + 1
        requestLine = UnsafeRawBufferPointer(rebasing: bytes[..<(end - 2)])
        fields = UnsafeRawBufferPointer(rebasing: bytes[end...])
    }

    /// Checks the request line and all fields, and gives what they say about the body.
    ///
    /// - Parameter padded: gets the places of values that blanks stand behind, from the head's first byte on.
    /// - Throws: ``HTTPError``: `malformed`, `versionNotSupported`, `headersTooLarge`.
    func checked(padded: inout [Range<Int>]) throws -> RequestHead {
        let isVersion11 = try checkRequestLine()
        var framing = HTTPHeaders()
        let begin = requestLine.count + 2
        try Self.checkFields(fields) { name, value in
            if let last = value.last, FieldBytes.isBlank(last) {
                padded.append((begin + value.startIndex)..<(begin + value.endIndex))
            }
            // What else there is has no part in framing, and is read by the library.
            guard name.count == 4 || name.count == 14 || name.count == 17 else { return }
            let name = String(decoding: name, as: UTF8.self)
            if Self.framingNames.contains(where: name.equalsIgnoringCase) {
                framing.add(name, String(decoding: value, as: UTF8.self)[...].trimmingSpaces)
            }
        }
        return try RequestHead(framing, isVersion11: isVersion11)
    }

    /// Names of 4, 14 and 17 letters.
    private static let framingNames = ["Host", "Content-Length", "Transfer-Encoding"]

    /// A method, a target and a version with one space between each (RFC 9112, section 3).
    ///
    /// - Returns: whether the version is later than 1.0.
    private func checkRequestLine() throws -> Bool {
        let space = UInt8(ascii: " ")
        guard let first = requestLine.firstIndex(of: space), let last = requestLine.lastIndex(of: space), first > 0,
            first + 1 < last, requestLine[..<first].allSatisfy(FieldBytes.isToken)
        else { throw HTTPError.malformed("its first line is not a method, a target and a version") }
        guard requestLine[(first + 1)..<last].allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw HTTPError.malformed("the target holds a byte that must be percent-encoded")
        }
        let version = UnsafeRawBufferPointer(rebasing: requestLine[(last + 1)...])
        guard version.count == 8, version.starts(with: "HTTP/".utf8), version[6] == UInt8(ascii: "."),
            FieldBytes.isDigit(version[5]), FieldBytes.isDigit(version[7])
        else { throw HTTPError.malformed("its version is not HTTP/1.1") }
        guard version[5] == UInt8(ascii: "1") else { throw HTTPError.versionNotSupported }
        return version[7] != UInt8(ascii: "0")
    }

    /// Checks header lines, each with its CR and LF.
    ///
    /// - Throws: ``HTTPError``: `malformed`, `headersTooLarge`, or what the closure throws.
    static func checkFields(
        _ bytes: UnsafeRawBufferPointer,
        _ take: (Slice<UnsafeRawBufferPointer>, Slice<UnsafeRawBufferPointer>) throws -> Void = { _, _ in }
    ) throws {
        var (start, count) = (0, 0)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\r")) ?? bytes.count
            guard end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "\n") else {
                throw HTTPError.malformed("a header's value holds a control character")
            }
            count += 1
            guard count <= Limits.headerFields else { throw HTTPError.tooManyHeaders(limit: Limits.headerFields) }
            let line = bytes[start..<end]
            guard line.first != UInt8(ascii: " "), line.first != UInt8(ascii: "\t") else {
                throw HTTPError.malformed("a header is folded over two lines")
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > start,
                line[..<colon].allSatisfy(FieldBytes.isToken)
            else { throw HTTPError.malformed("a header's name holds a byte that is not allowed, or has no colon") }
            guard line[(colon + 1)...].allSatisfy(FieldBytes.isValue) else {
                throw HTTPError.malformed("a header's value holds a control character")
            }
            try take(line[..<colon], line[(colon + 1)...])
            start = end + 2
        }
    }
}

/// Which bytes may stand where in a field (RFC 9110, sections 5.5 and 5.6.2).
enum FieldBytes {
    /// Whether a byte may stand in a name or a method.
    static func isToken(_ byte: UInt8) -> Bool { table[Int(byte)] }

    /// Whether a byte may stand in a value: no control character but the tab.
    static func isValue(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// Whether a byte is no part of a value where it stands before or behind it.
    static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static let table: [Bool] = (0...UInt8.max).map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
