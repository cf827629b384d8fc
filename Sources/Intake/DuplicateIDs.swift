package import Core

/// Counts the rows whose id an earlier row had, in bounded memory: enough for a warning.
///
/// An id is known by 64 bits of it, so that a false alarm is as good as impossible. Of the first ``Limits/rememberedIDs`` different
/// ids each repeat is found. Of later ones, repeats of those are found, and repeats that stand near each other; the
/// count is then a lower bound.
///
/// Comes from: the scanned rows' ids. Goes to: a task's warnings.
package struct DuplicateIDs: Sendable {
    /// The number of rows whose id was seen before.
    package private(set) var count = 0

    private static let tableSlots = Limits.rememberedIDs / 3 * 4
    private static let recentSlots = 1 << 15

    /// The ids in open addressing, where 0 is an empty slot: a power of two of them, of which a quarter stays empty.
    private var table: [UInt64] = []
    private var idCount = 0
    /// Later ids, each in the one slot that it has, until another takes it.
    private var recent: [UInt64] = []

    package init() {}

    /// Adds the ids of the next rows; an empty one is none.
    package mutating func add(_ ids: TextColumn) {
        ids.bytes.withUnsafeBytes { bytes in
            var start = 0
            for end in ids.ends {
                if Int(end) > start { add(UnsafeRawBufferPointer(rebasing: bytes[start..<Int(end)])) }
                start = Int(end)
            }
        }
    }

    private mutating func add(_ id: UnsafeRawBufferPointer) {
        var hasher = Hasher()
        hasher.combine(bytes: id)
        let print = max(UInt64(UInt(bitPattern: hasher.finalize())), 1)
        if idCount >= table.count / 4 * 3, table.count < Self.tableSlots { grow() }
        let slot = slot(of: print)
        if table[slot] == print {
            count += 1
        } else if idCount < Limits.rememberedIDs {
            table[slot] = print
            idCount += 1
        } else {
            addRecent(print)
        }
    }

    /// The slot that holds an id, or the empty one where it belongs.
    private func slot(of print: UInt64) -> Int {
        let mask = table.count - 1
        var slot = Int(truncatingIfNeeded: print) & mask
        while table[slot] != 0, table[slot] != print { slot = (slot + 1) & mask }
        return slot
    }

    private mutating func grow() {
        let old = table
        table = Array(repeating: 0, count: max(old.count * 2, 1 << 10))
        for print in old where print != 0 { table[slot(of: print)] = print }
    }

    private mutating func addRecent(_ print: UInt64) {
        if recent.isEmpty { recent = Array(repeating: 0, count: Self.recentSlots) }
        let slot = Int(truncatingIfNeeded: print >> 32) & (Self.recentSlots - 1)
        if recent[slot] == print { count += 1 }
        recent[slot] = print
    }
}
