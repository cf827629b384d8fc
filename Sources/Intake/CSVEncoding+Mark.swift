/// The byte order mark of a character set, for those who write a table in it.
extension CSVEncoding {
    /// Whether units have their greater byte first; where a mark tells the order, they do not.
    package var isBigEndian: Bool { if case .wide(_, true) = layout { true } else { false } }

    /// Whether text in it always begins with its mark, because its name does not tell the order of bytes.
    package var needsMark: Bool { if case .wide(_, nil) = layout { true } else { false } }

    /// The byte order mark; empty for a character set that has none.
    package var mark: [UInt8] {
        switch layout {
        case .utf8: return [0xEF, 0xBB, 0xBF]
        case .bytes: return []
        case .wide(let width, _):
            let zeros = [UInt8](repeating: 0, count: width - 2)
            return isBigEndian ? zeros + [0xFE, 0xFF] : [0xFF, 0xFE] + zeros
        }
    }
}
