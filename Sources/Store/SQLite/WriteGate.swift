internal import Core
internal import Glibc

/// Admits one writer at a time, in turn, across all processes of a database.
///
/// A plain lock is taken again by its releaser before the woken waiter runs: a saturating worker then starves the
/// API (22–41 commits a second against 557–633, p99 400–600 ms against 2). So there are two locks, a turnstile and the gate: a writer takes
/// the turnstile, then the gate, then frees the turnstile. Whoever has just left must queue at the turnstile again.
///
/// The gate also closes the window of SQLite's WAL-reset bug (3.7.0 to 3.51.2), in which two connections that write or
/// checkpoint at the same instant can corrupt the database.
final class WriteGate {
    private let turn: LockFile
    private let gate: LockFile
    private let patience: Duration
    private let onEnter: @Sendable (Duration) -> Void

    /// - Parameters:
    ///   - patience: how long ``enter()`` waits; a lock that never comes is a fault to report, not to sit out.
    ///   - onEnter: told how long each turn was waited for.
    init(
        files: DatabaseFiles, patience: Duration = Limits.gateWait,
        onEnter: @escaping @Sendable (Duration) -> Void = { _ in }
    ) throws {
        turn = try LockFile(path: files.turn)
        gate = try LockFile(path: files.gate)
        self.patience = patience
        self.onEnter = onEnter
    }

    /// Waits for the gate; ``leave()`` must follow.
    ///
    /// - Throws: ``StoreError/gateTimeout(holder:isStopped:)`` after the bound.
    func enter() throws {
        var start: Duration?
        if try turn.tryLock() {
            defer { turn.unlock() }
            if try !gate.tryLock() {
                start = GateAlarm.now
                try wait(for: gate)
            }
        } else {
            start = GateAlarm.now
            try GateAlarm.shared.interruptingAfter(patience) { alarm in
                try wait(for: turn, alarm)
                defer { turn.unlock() }
                try wait(for: gate, alarm)
            }
        }
        gate.writeHolder()
        onEnter(start.map { GateAlarm.now - $0 } ?? .zero)
    }

    func leave() { gate.unlock() }

    private func wait(for lock: LockFile) throws {
        try GateAlarm.shared.interruptingAfter(patience) { try wait(for: lock, $0) }
    }

    private func wait(for lock: LockFile, _ alarm: borrowing GateAlarm.Armed) throws {
        while try !lock.lockInterruptibly() {
            if alarm.isDue { throw timeout() }
        }
    }

    private func timeout() -> StoreError {
        let holder = gate.readHolder()
        return .gateTimeout(holder: holder, isStopped: holder.map(Self.isStopped) ?? false)
    }

    /// Whether a process stands still under SIGSTOP or a debugger.
    private static func isStopped(_ process: pid_t) -> Bool {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return false }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        guard fgets(&line, 512, file) != nil else { return false }
        // The state follows the name, which stands in parentheses and may itself hold any character.
        let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        guard let end = text.lastIndex(of: UInt8(ascii: ")")), end + 2 < text.count else { return false }
        return text[end + 2] == UInt8(ascii: "T") || text[end + 2] == UInt8(ascii: "t")
    }
}
