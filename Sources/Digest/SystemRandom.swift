internal import COpenSSL

/// Gives random numbers that nobody can guess, from OpenSSL's generator, a buffer at a time.
package struct SystemRandom: RandomNumberGenerator, Sendable {
    private var buffer: [UInt64] = []

    package init() {}

    package mutating func next() -> UInt64 {
        if let number = buffer.popLast() { return number }
        buffer = [UInt64](repeating: 0, count: 32)
        let isDone = buffer.withUnsafeMutableBytes {
            RAND_bytes($0.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32($0.count))
        }
        // Numbers that can be guessed are worse than none.
        precondition(isDone == 1, "the system's random numbers are exhausted")
        return buffer.removeLast()
    }
}
