internal import Core
internal import Store

/// Writes what must be written, however long the database cannot be: the end of an upload on a full disk.
///
/// A write that does not pass at once is tried again in a task of its own, until it passes, is refused, or the process
/// stops; then the keeper sees to what is left. There is at most one for each upload that broke.
package struct Persistence: Sendable {
    private let stopping: @Sendable () -> Bool

    /// - Parameter stopping: whether the process is to stop.
    package init(stopping: @escaping @Sendable () -> Bool) { self.stopping = stopping }

    func run(_ write: @escaping @Sendable () async throws -> Void) async {
        guard await !isDone(write) else { return }
        Task {
            while !stopping() {
                // try? because a cancelled pause is only a shorter one.
                try? await Task.sleep(for: Limits.abandonPause)
                if await isDone(write) { return }
            }
        }
    }

    /// Whether a write passed, or never will.
    private func isDone(_ write: @Sendable () async throws -> Void) async -> Bool {
        do {
            try await write()
            return true
        } catch {
            return !StoreError.isPassing(error)
        }
    }
}
