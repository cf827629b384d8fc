import Core
import Digest
import Testing

@Suite struct SystemRandomTests {
    @Test func `no number comes twice, over many refills`() {
        var random = SystemRandom()
        let numbers = (0..<10_000).map { _ in random.next() }
        #expect(Set(numbers).count == numbers.count)
    }

    /// A generator is a value: copies that kept their own buffers would hand out the same task ids.
    @Test func `copies of a generator never give the same numbers`() {
        var random = SystemRandom()
        _ = random.next()
        var copy = random
        let numbers = (0..<100).flatMap { _ in [random.next(), copy.next()] }
        #expect(Set(numbers).count == numbers.count)
    }

    @Test func `every bit is set about half of the time`() {
        var random = SystemRandom()
        var counts = [Int](repeating: 0, count: 64)
        for _ in 0..<4_096 {
            let number = random.next()
            for bit in 0..<64 { counts[bit] += Int(number >> bit & 1) }
        }
        // Eight standard deviations: 64 bits go wrong by chance once in 10^13 runs.
        #expect(counts.allSatisfy { (2_048 - 256...2_048 + 256).contains($0) })
    }

    @Test func `threads that share a generator get different numbers`() async {
        let random = SystemRandom()
        let numbers = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var mine = random
                    return (0..<1_000).map { _ in mine.next() }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(numbers).count == 4_000)
    }
}
