import HTTP
import Testing

@testable import API

@Suite struct EntityTagTests {
    private let tag = EntityTag(revision: 7, of: [Array("answer".utf8)[...]])

    @Test func `a tag names it, weak or strong, alone or in a list, and so does a star`() {
        let strong = tag.text.dropFirst(2)
        for value in [
            tag.text, String(strong), "*", " * ", "\"a\", \(tag.text)", "W/\"a\" ,\(strong),\"b\"",
            String(strong.dropFirst().dropLast()),
        ] {
            #expect(tag.isNamed(by: ["If-None-Match": value]), "\(value)")
        }
        var two: HTTPHeaders = ["If-None-Match": "\"a\""]
        two.add("if-none-match", tag.text)
        #expect(tag.isNamed(by: two))
    }

    @Test func `another tag, or none, does not`() {
        let strong = tag.text.dropFirst(2)
        for value in ["", "\"a\"", "W/\"7\"", "\"\(strong)\"x", "\(tag.text.dropLast())x\"", "**", "W/*x"] {
            #expect(!tag.isNamed(by: ["If-None-Match": value]), "\(value)")
        }
        #expect(!tag.isNamed(by: [:]))
    }

    @Test func `a tag differs where the answer or its revision does, and is the same in every process`() {
        let bytes = Array((0..<200).map { UInt8($0) })
        var seen = Set([EntityTag(revision: 1, of: [bytes[...]]).text])
        #expect(EntityTag(revision: 1, of: [bytes[...]]).text == EntityTag(revision: 1, of: [(bytes + [])[...]]).text)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(seen.insert(EntityTag(revision: 1, of: [changed[...]]).text).inserted, "byte \(index)")
            #expect(seen.insert(EntityTag(revision: 1, of: [bytes[..<index]]).text).inserted, "cut at \(index)")
        }
        #expect(seen.insert(EntityTag(revision: 2, of: [bytes[...]]).text).inserted)
        #expect(EntityTag(revision: 1, of: [Array("abc".utf8)[...]]).text == "W/\"1-2ka9jk9zm6zbh\"")
    }
}
