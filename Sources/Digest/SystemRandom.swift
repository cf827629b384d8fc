internal import COpenSSL
internal import Synchronization

/// Gives random numbers that nobody can predict, from OpenSSL's generator.
///
/// They are drawn from a buffer, because a call of `RAND_bytes` costs many times what eight bytes of it do. Copies
/// share the buffer, so that no two of them ever give the same numbers.
package struct SystemRandom: RandomNumberGenerator, Sendable {
    private let pool = RandomPool()

    package init() {}

    package mutating func next() -> UInt64 { pool.next() }
}

/// Random bytes that are drawn ahead, each handed out once.
private final class RandomPool: Sendable {
    private struct State {
        var words = [UInt64](repeating: 0, count: 64)
        var used = 64
    }

    private let state = Mutex(State())

    func next() -> UInt64 {
        state.withLock { state in
            if state.used == state.words.count { Self.refill(&state) }
            let word = state.words[state.used]
            state.words[state.used] = 0
            state.used += 1
            return word
        }
    }

    /// Fills the buffer; ids and keys that can be guessed are worse than a process that stops.
    private static func refill(_ state: inout State) {
        let result = state.words.withUnsafeMutableBytes { bytes in
            RAND_bytes(bytes.assumingMemoryBound(to: UInt8.self).baseAddress, Int32(bytes.count))
        }
        guard result == 1 else { fatalError("the system gives no random numbers (RAND_bytes failed)") }
        state.used = 0
    }
}
