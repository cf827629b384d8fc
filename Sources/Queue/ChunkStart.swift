internal import Core
internal import Store

/// When a task's chunks may run: at once, at a time, or when all of them are here.
struct ChunkStart: Sendable {
    /// Before when none may run; nil for at once.
    let notBefore: WallTime?
    /// Whether none may run before the last one is here.
    let isHeld: Bool

    /// Puts a chunk where it belongs: among those that may run, or aside.
    func queue(_ chunk: NewChunk, in connection: Connection) throws {
        if isHeld || notBefore != nil {
            try ChunkTable.hold(chunk, until: isHeld ? nil : notBefore, in: connection)
        } else {
            try ChunkTable.insert(chunk, in: connection)
        }
    }

    /// Lets go of what was held until all chunks were here.
    ///
    /// - Parameter model: the key of the task's model.
    func release(_ task: Int64, model: Int64, at now: WallTime, in connection: Connection) throws {
        guard isHeld else { return }
        try ChunkTable.release(heldOf: task, model: model, notBefore: notBefore, at: now, in: connection)
    }
}
