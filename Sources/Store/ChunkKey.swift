/// The address of a chunk: its task's key and its position in the task, in one integer that sorts by both.
package struct ChunkKey: Sendable, Hashable, Comparable {
    package let rawValue: Int64

    private static let positionBits = 24
    /// Chunks that one task may have: 68 billion rows of full chunks.
    package static let positions = 1 << positionBits

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// - Parameters:
    ///   - task: the task's key in the store.
    ///   - position: 0 for the first chunk, below ``positions``.
    package init(task: Int64, position: Int) {
        precondition(position < Self.positions)
        rawValue = task << Self.positionBits | Int64(position)
    }

    package var task: Int64 { rawValue >> Self.positionBits }
    package var position: Int { Int(rawValue) & (Self.positions - 1) }

    /// All keys that a task's chunks can have.
    package static func all(of task: Int64) -> ClosedRange<Int64> {
        ChunkKey(task: task, position: 0).rawValue...ChunkKey(task: task, position: positions - 1).rawValue
    }

    package static func < (left: ChunkKey, right: ChunkKey) -> Bool { left.rawValue < right.rawValue }
}
