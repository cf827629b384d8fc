import Core
import Glibc
import Testing

@testable import Intake

/// What the judgement of a cell costs that was made to be judged slowly.
///
/// Every later cell of a table whose character set was guessed is judged, and a cell may have a megabyte.
@Suite struct WesternCostTests {
    private static let counts = (small: 1_000, large: 8_000)

    /// The least processor time of this thread that a few judgements took, in nanoseconds.
    private func cost(of cell: [UInt8]) -> Int {
        (0..<5).map { _ in
            let start = clock()
            cell.withUnsafeBytes { bytes in
                var text = WesternText()
                text.add(bytes)
            }
            return clock() - start
        }.min() ?? 0
    }

    private func clock() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    @Test(
        arguments: [
            [0x93], [0x94], [0x84, 0x20], [0x82, 0x20], [0xAB], [0x91, 0x61, 0x20], [0xBF, 0x61, 0x20],
            [0xA1, 0x61, 0x20],
            // Words of one cell, then one word that has all: each eth and thorn asks for another Icelandic letter.
            [0x61, 0xF0], [0x64, 0xFE], [0x61, 0x96], [0x61, 0x92],
        ] as [[UInt8]])
    func `a cell of eight times the size is judged in about eight times the time`(repeated: [UInt8]) {
        let end = Array("\u{61}".utf8) + [0xE1]
        let cells = [Self.counts.small, Self.counts.large].map { count in
            Array(repeatElement(repeated, count: count).joined()) + end
        }
        let ratio = Double(cost(of: cells[1])) / Double(max(1, cost(of: cells[0])))
        // In proportion to the size it is 8, to its square 64.
        #expect(ratio < 24)
    }

    /// The first and the last place of a sign say the same as a search on either side of each place.
    @Test func `what stands before and behind a sign is found as by looking`() {
        var generator = SystemRandomNumberGenerator()
        let signs: [UInt8] = [0x84, 0x91, 0x92, 0x93, 0x94, 0xAB, 0xBB, 0x21, 0x3F, 0x61, 0x20]
        for _ in 0..<300 {
            let cell = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                signs.randomElement(using: &generator)!
            }
            cell.withUnsafeBytes { bytes in
                let places = SignPlaces(bytes)
                for position in cell.indices {
                    for sign in signs.dropLast(2) {
                        let found = places.has([sign], around: position)
                        #expect(found.before == cell[..<position].contains(sign))
                        #expect(found.after == cell[(position + 1)...].contains(sign))
                    }
                }
            }
        }
    }
}
