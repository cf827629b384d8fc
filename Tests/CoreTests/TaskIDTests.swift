import Core
import TestSupport
import Testing

@Suite struct TaskIDTests {
    private func makeID(at milliseconds: Int64, seed: UInt64 = 1) -> TaskID {
        var generator = SeededGenerator(seed: seed)
        return TaskID(at: WallTime(milliseconds: milliseconds), using: &generator)
    }

    @Test func `an id carries its moment, version 7 and the variant of RFC 9562`() {
        let id = makeID(at: 0x0123_4567_89AB)
        #expect(id.high >> 16 == 0x0123_4567_89AB)
        #expect(id.high >> 12 & 0xF == 7)
        #expect(id.low >> 62 == 0b10)
        #expect(id.description.hasPrefix("01234567-89ab-7"))
    }

    @Test func `ids made later sort later, as numbers, as bytes and as text`() {
        let ids = (0..<200).map { makeID(at: 1_700_000_000_000 + Int64($0) * 7, seed: UInt64($0)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0.bytes.lexicographicallyPrecedes($1.bytes) })
    }

    @Test func `text and bytes read back equal, in either case`() {
        for seed in 0..<100 {
            let id = makeID(at: Int64(seed) << 38, seed: UInt64(seed))
            #expect(TaskID(id.description) == id)
            #expect(TaskID(id.description.uppercased()) == id)
            #expect(TaskID(bytes: id.bytes) == id)
            #expect(id.bytes.count == 16)
        }
    }

    @Test func `ids of one millisecond differ`() {
        var generator = SeededGenerator(seed: 3)
        let ids = (0..<10_000).map { _ in TaskID(at: WallTime(milliseconds: 5), using: &generator) }
        #expect(Set(ids).count == ids.count)
    }

    @Test func `a clock before 1970 or far ahead still gives a valid id`() {
        #expect(makeID(at: -1).description.hasPrefix("00000000-0000-7"))
        #expect(makeID(at: .max).description.hasPrefix("ffffffff-ffff-7"))
    }

    @Test(arguments: [
        "", "0", "0192f3c4-8a2b-7c3d-9e4f", "0192f3c48a2b7c3d9e4f5a6b7c8d9e0f", "0192f3c4-8a2b-7c3d-9e4f-5a6b7c8d9e0",
        "0192f3c4-8a2b-7c3d-9e4f-5a6b7c8d9e0ff", "0192f3c4-8a2b-7c3d-9e4f-5a6b7c8d9e0g",
        "0192f3c48-a2b-7c3d-9e4f-5a6b7c8d9e0f", "0192f3c4-8a2b-7c3d-9e4f-5a6b7c8d9e0f ",
        "------------------------------------",
        "{0192f3c4-8a2b-7c3d-9e4f-5a6b7c8d9e0", "0192f3c4-8a2b-7c3d-9e4f-5a6b7c8d9eéé", "../../../../etc/passwd",
    ])
    func `what is no id is refused`(text: String) {
        #expect(TaskID(text) == nil)
    }

    @Test func `fifteen or seventeen bytes are no id`() {
        #expect(TaskID(bytes: [UInt8](repeating: 1, count: 15)) == nil)
        #expect(TaskID(bytes: [UInt8](repeating: 1, count: 17)) == nil)
    }
}
