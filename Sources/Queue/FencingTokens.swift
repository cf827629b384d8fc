internal import Store

/// The numbers that fence one process's leases: no other process ever has them.
///
/// A process comes round to its first one after two billion claims, when nothing of that claim can be left.
struct FencingTokens {
    private let first: Int64
    private var claims: UInt32

    /// - Parameter claims: claims that were made before; none but in tests.
    init(owner: Int64, after claims: UInt32 = 0) {
        first = TaskTable.firstToken(of: owner)
        self.claims = claims
    }

    /// The token of the claim that is being made.
    var current: Int64 { Self.token(claims, of: first) }

    mutating func advance() { claims &+= 1 }

    /// A number among those of a process, never its first, which stands for the process itself.
    static func token(_ number: UInt32, of first: Int64) -> Int64 { first + Int64(number & 0x7FFF_FFFF) + 1 }
}
