import TestSupport

/// Changes an input as a fuzzer does, by a seed that repeats it.
struct Mutator {
    private var generator: SeededGenerator
    private let seeds: [[UInt8]]

    init(seeds: [[UInt8]], seed: UInt64) {
        (self.seeds, generator) = (seeds, SeededGenerator(seed: seed))
    }

    /// What the formats read here make much of.
    private static let words: [[UInt8]] =
        [
            "\"", "\"\"", "\n", "\r\n", "\r", ",", ";", "\t", "{", "}", "[", "]", ":", "\\u", "\\ud800", "null", "true",
            "-", "0", "9", "1e", ".", "e-", "1.234", "1,5", "%", "%00", "&", "=", "/", "?", "\u{E9}", "\u{1F600}",
            "\u{FEFF}", "NaN", "99999999999999999999", "\r\nContent-Length: 1", "boundary=",
        ].map { Array($0.utf8) } + [
            [0xFF, 0xFE], [0xFE, 0xFF], [0xC3], [0xED, 0xA0, 0x80], [0], [0xFF, 0xFF, 0xFF, 0xFF],
        ]

    /// The next input: a seed with one to eight changes.
    mutating func next() -> [UInt8] {
        var bytes = seeds.randomElement(using: &generator) ?? []
        for _ in 0..<Int.random(in: 1...8, using: &generator) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(bytes.count, place + Int.random(in: 0...8, using: &generator))
        switch Int.random(in: 0..<6, using: &generator) {
        case 0 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &generator)
        case 1 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
        case 4:
            let other = seeds.randomElement(using: &generator) ?? []
            bytes.insert(contentsOf: other.suffix(Int.random(in: 0...40, using: &generator)), at: place)
        default: bytes.insert(contentsOf: Self.words.randomElement(using: &generator)!, at: place)
        }
    }
}
