import Core
import Digest
import Testing

/// Vectors of FIPS 180-4's examples: <https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values>.
@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `the standard's own examples come out`(text: String, digest: String) {
        #expect(SHA256.hex(of: text.utf8) == digest)
    }

    @Test func `a million letters come out`() {
        let digest = SHA256.hex(of: repeatElement(UInt8(ascii: "a"), count: 1_000_000))
        #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `a state that was stored goes on, wherever the bytes were cut`() {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [0, 1, 55, 63, 64, 65, 128, 999, 1_000] {
            var first = ResumableSHA256()
            first.update(bytes[..<cut])
            guard var second = ResumableSHA256(state: first.state) else {
                Issue.record("the state is not read back")
                continue
            }
            second.update(bytes[cut...])
            #expect(Hexadecimal.encode(second.digest) == SHA256.hex(of: bytes), "cut at \(cut)")
        }
    }

    @Test func `what is no state is refused`() {
        let state = ResumableSHA256().state
        #expect(ResumableSHA256(state: []) == nil)
        #expect(ResumableSHA256(state: Array(state.dropLast())) == nil)
        #expect(ResumableSHA256(state: [UInt8](repeating: 0xFF, count: state.count)) == nil)
    }

    @Test func `random numbers go on past one buffer and do not repeat`() {
        var random = SystemRandom()
        let numbers = (0..<1_000).map { _ in random.next() }
        #expect(Set(numbers).count == numbers.count)
    }
}
