/// The memory in which one thread evaluates texts, one after another: made once, grown by the longest text.
final class TextScratch {
    /// The text in small letters, with eight bytes after it that can be read.
    private(set) var letters: UnsafeMutableRawPointer
    /// A bit for each byte of ``letters``: whether it is part of a word; zero after the end.
    private(set) var marks: UnsafeMutableRawPointer
    private var capacity: Int
    /// How often each feature was found; zero between texts.
    let counts: UnsafeMutablePointer<UInt32>
    /// The features that were found.
    let found: UnsafeMutablePointer<Int32>
    let scores: UnsafeMutablePointer<Double>

    init(features: Int, width: Int) {
        capacity = 4_096
        (letters, marks) = Self.allocate(capacity)
        counts = .allocate(capacity: features)
        counts.initialize(repeating: 0, count: features)
        found = .allocate(capacity: features)
        found.initialize(repeating: 0, count: features)
        scores = .allocate(capacity: width)
        scores.initialize(repeating: 0, count: width)
    }

    deinit {
        letters.deallocate()
        marks.deallocate()
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
        capacity = needed
        (letters, marks) = Self.allocate(capacity)
    }

    private static func allocate(_ capacity: Int) -> (UnsafeMutableRawPointer, UnsafeMutableRawPointer) {
        (.allocate(byteCount: capacity + 8, alignment: 8), .allocate(byteCount: capacity / 8 + 24, alignment: 8))
    }
}
