/// The memory in which one thread evaluates texts, one after another: made once, grown by the longest text.
final class TextScratch {
    /// The text in small letters, with thirty-two bytes after it that can be read.
    private(set) var letters: UnsafeMutableRawPointer
    /// A bit for each byte of ``letters``: whether it is part of a word; zero after the end.
    private(set) var marks: UnsafeMutableRawPointer
    /// Where words begin and end in ``letters``, in turn.
    private(set) var edges: UnsafeMutablePointer<Int32>
    /// The number of each word, and one more.
    private(set) var numbers: UnsafeMutablePointer<UInt32>
    /// Whether each byte of ``letters`` is a character.
    var isASCII = false
    private var capacity: Int
    /// How often each feature was found, zero between texts; and of what is none.
    let counts: UnsafeMutablePointer<UInt32>
    /// The features that were found.
    let found: UnsafeMutablePointer<UInt32>
    /// The weight of each of them.
    let terms: UnsafeMutablePointer<Double>
    /// The first place is of no value.
    let scores: UnsafeMutablePointer<Double>

    init(features: Int, width: Int) {
        capacity = 4_096
        (letters, marks) = Self.allocate(capacity)
        edges = .allocate(capacity: capacity + 64)
        numbers = .allocate(capacity: capacity / 2 + 64)
        counts = .allocate(capacity: features + 1)
        counts.initialize(repeating: 0, count: features + 1)
        // One more: what is noted again stands behind the last until the next is noted.
        found = .allocate(capacity: features + 1)
        found.initialize(repeating: 0, count: features + 1)
        terms = .allocate(capacity: features)
        scores = .allocate(capacity: 4 * LinearModel.blocks(for: width))
    }

    deinit {
        letters.deallocate()
        marks.deallocate()
        edges.deallocate()
        numbers.deallocate()
        terms.deallocate()
        counts.deallocate()
        found.deallocate()
        scores.deallocate()
    }

    /// Makes room for a text.
    ///
    /// - Parameter bytes: of the text; its small letters take at most half as much more.
    func reserve(_ bytes: Int) {
        let needed = 2 * bytes + 64
        guard needed > capacity else { return }
        letters.deallocate()
        marks.deallocate()
        edges.deallocate()
        numbers.deallocate()
        capacity = needed
        (letters, marks) = Self.allocate(capacity)
        edges = .allocate(capacity: capacity + 64)
        numbers = .allocate(capacity: capacity / 2 + 64)
    }

    private static func allocate(_ capacity: Int) -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer) {
        (.allocate(byteCount: capacity + 32, alignment: 16), .allocate(byteCount: capacity / 8 + 32, alignment: 8))
    }
}
