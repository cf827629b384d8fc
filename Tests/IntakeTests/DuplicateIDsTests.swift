import Core
import Testing

@testable import Intake

@Suite struct DuplicateIDsTests {
    @Test func `rows with an id that was seen before are counted, across chunks`() {
        var duplicates = DuplicateIDs()
        duplicates.add(TextColumn(["a", "b", "", "a", "ab", "", "a"]))
        #expect(duplicates.count == 2)
        duplicates.add(TextColumn(["b", "c", "", "C"]))
        #expect(duplicates.count == 3)
    }

    @Test func `of the ids that are remembered each repeat is found, and no other`() {
        var duplicates = DuplicateIDs()
        for start in stride(from: 0, to: Limits.rememberedIDs, by: 4_096) { duplicates.add(ids(from: start)) }
        #expect(duplicates.count == 0)
        duplicates.add(ids(from: 0))
        duplicates.add(ids(from: Limits.rememberedIDs - 4_096))
        #expect(duplicates.count == 8_192)
    }

    @Test func `beyond its bound near repeats are found, and nothing else is called one`() {
        var duplicates = DuplicateIDs()
        for start in stride(from: 0, to: Limits.rememberedIDs + 200_000, by: 4_096) { duplicates.add(ids(from: start)) }
        #expect(duplicates.count == 0)
        duplicates.add(TextColumn(["late", "later", "late", "later", "later"]))
        #expect(duplicates.count == 3)
    }

    private func ids(from start: Int) -> TextColumn { TextColumn((start..<(start + 4_096)).map { "c-\($0)" }) }
}
