internal import Core
import Synchronization

/// Finds out by trying what bytes of a character set mean, so that no list of names is needed.
enum CharacterProbe {
    /// The layouts found so far: a probe converts about a thousand texts, and each request of a client names the same set.
    private static let known = Mutex<[String: CSVEncoding.Layout]>([:])

    /// The layout of a character set of which ASCII is a part.
    ///
    /// - Returns: nil when the system does not know it, or when a table in it cannot be split at bytes.
    static func layout(of name: String) -> CSVEncoding.Layout? {
        if let layout = known.withLock({ $0[name] }) { return layout }
        guard let layout = probe(name) else { return nil }
        known.withLock { known in
            if known.count >= Limits.probedCharacterSets { known.removeAll() }
            known[name] = layout
        }
        return layout
    }

    private static func probe(_ name: String) -> CSVEncoding.Layout? {
        guard let converter = CharacterConverter(from: name, to: "UTF-8") else { return nil }
        let ascii = Array("0123456789ABCXYZabcxyz ,;|.-+=\t\"\r\n".utf8)
        guard ascii.allSatisfy({ decoded([$0], converter) == [$0] }) else { return nil }
        let marks = Array("\",;\t\r\n".utf8)
        guard !marks.contains(where: { isSecond($0, converter) }) else { return nil }
        return .bytes(hidesPipe: isSecond(CSVDelimiter.pipe.byte, converter))
    }

    /// Whether each byte alone means the same in two character sets, at least one of them beyond ASCII.
    ///
    /// Where a byte alone is no character, as in those of East Asia, the names must agree.
    static func agree(_ one: String, _ other: String) -> Bool {
        guard let first = CharacterConverter(from: one, to: "UTF-8"),
            let second = CharacterConverter(from: other, to: "UTF-8")
        else { return false }
        let texts = (UInt8(0x80)...0xFF).map { decoded([$0], first) }
        guard texts.count(where: { $0 == [0xFF] }) < 64 else { return false }
        return texts == (UInt8(0x80)...0xFF).map { decoded([$0], second) }
    }

    /// Whether a byte may be the second one of a character.
    private static func isSecond(_ byte: UInt8, _ converter: CharacterConverter) -> Bool {
        (UInt8(0x80)...0xFF).contains { lead in
            let text = decoded([lead, byte], converter)
            return text.last != byte && !text.contains(0xFF)
        }
    }

    private static func decoded(_ bytes: [UInt8], _ converter: CharacterConverter) -> [UInt8] {
        var text: [UInt8] = []
        bytes.withUnsafeBytes { converter.convert($0, into: &text) }
        return text
    }
}
