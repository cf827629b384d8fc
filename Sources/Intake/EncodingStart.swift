/// What the first bytes of a table show of its character set.
struct EncodingStart {
    /// The character set; nil where the cells must tell.
    var encoding: CSVEncoding?
    /// What turns the table into UTF-8 before it is split; nil where ASCII is one byte.
    var transcoder: Transcoder?
    /// The bytes to skip before the text.
    var mark = 0

    private static let marks: [(bytes: [UInt8], encoding: CSVEncoding, isBigEndian: Bool)] = [
        ([0xEF, 0xBB, 0xBF], .utf8, false), ([0xFF, 0xFE, 0, 0], .utf32, false), ([0, 0, 0xFE, 0xFF], .utf32, true),
        ([0xFF, 0xFE], .utf16, false), ([0xFE, 0xFF], .utf16, true),
    ]
    /// The bytes that are looked at for zeros, which no table in ASCII's company has in its header.
    private static let zeroBytes = 64

    /// - Parameter stated: what the sender says.
    /// - Throws: `IntakeError` when a mark says something else, or when the order of bytes is not known.
    static func find(in bytes: UnsafeRawBufferPointer, stated: CSVEncoding?) throws -> EncodingStart {
        if let mark = mark(of: bytes) { return try begin(behind: mark, stated) }
        guard let stated else {
            // UTF-16 without a mark is told by the zeros in its header; their places only suggest an order.
            let header = bytes.prefix(zeroBytes).prefix { $0 != CSVBytes.newline && $0 != CSVBytes.carriageReturn }
            if header.contains(0) { throw IntakeError.ambiguousFormat(.noMark) }
            return EncodingStart()
        }
        guard case .wide(let width, let isBigEndian) = stated.layout else { return EncodingStart(encoding: stated) }
        guard let isBigEndian else { throw IntakeError.ambiguousFormat(.byteOrder) }
        return EncodingStart(
            encoding: stated, transcoder: Transcoder(width: width, isBigEndian: isBigEndian))
    }

    private static func begin(
        behind mark: (bytes: [UInt8], encoding: CSVEncoding, isBigEndian: Bool), _ stated: CSVEncoding?
    ) throws -> EncodingStart {
        if let stated, !agrees(stated, mark.encoding, mark.isBigEndian) {
            throw IntakeError.ambiguousFormat(.contradictingMark)
        }
        let encoding = stated ?? mark.encoding
        guard case .wide(let width, _) = encoding.layout else { return EncodingStart(encoding: encoding) }
        return EncodingStart(
            encoding: encoding, transcoder: Transcoder(width: width, isBigEndian: mark.isBigEndian),
            mark: mark.bytes.count)
    }

    private static func agrees(_ stated: CSVEncoding, _ marked: CSVEncoding, _ isBigEndian: Bool) -> Bool {
        guard case .wide(let width, let order) = stated.layout, case .wide(width, _) = marked.layout else {
            return stated.layout == marked.layout
        }
        return order == nil || order == isBigEndian
    }

    /// The bytes of a byte order mark of UTF-16 or UTF-32.
    static func wideMark(of bytes: [UInt8]) -> Int {
        bytes.withUnsafeBytes { bytes in
            mark(of: bytes).map { $0.encoding.unitBytes == 1 ? 0 : $0.bytes.count } ?? 0
        }
    }

    private static func mark(
        of bytes: UnsafeRawBufferPointer
    ) -> (bytes: [UInt8], encoding: CSVEncoding, isBigEndian: Bool)? {
        marks.first { bytes.starts(with: $0.bytes) }
    }
}
