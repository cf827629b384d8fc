import Core
import Foundation
import Glibc
import Operations
import Queue
import Store
import Worker

/// One of several processes that work on one database as fast as they can, each as caller, worker and keeper:
/// `QueueLoad DATABASE OPERATIONS NAME`, where the name is of hexadecimal digits and no other process's.
///
/// Prints one line of JSON: what was done, how long each turn at the write gate was waited for, and every error.
@main enum QueueLoad {
    static func main() async {
        let words = CommandLine.arguments
        guard words.count == 4, let operations = Int(words[2]) else {
            FileHandle.standardError.write(Data("usage: QueueLoad DATABASE OPERATIONS NAME\n".utf8))
            exit(64)
        }
        let tally = LoadTally(operations: operations)
        do {
            try await House(path: words[1], name: words[3], tally: tally).run()
        } catch {
            tally.note(error)
        }
        print(tally.line)
    }
}

/// What one process does on the database.
private struct House {
    let database: Database
    let name: String
    let tally: LoadTally
    let steady = SteadyClock { .sinceStart }
    let wall = WallClock { .ofSystem }

    private static let lease = Duration.seconds(30)
    private static let retention = Duration.seconds(3_600)

    init(path: String, name: String, tally: LoadTally) throws {
        database = try Database(path: path, onEvent: { tally.record($0) })
        self.name = name
        self.tally = tally
    }

    func run() async throws {
        let doorbell = try Doorbell(database: database, steady: steady)
        let owner = try Owner(.worker, boot: name, models: [], database: database, at: wall.now)
        let keeper = try Keeper(
            database: database, boot: name, doorbell: doorbell, clock: wall, steady: steady,
            policy: Upkeep.Policy(lease: Self.lease, retention: Self.retention),
            logger: Logger(level: .error, context: [:]) { "" })
        let threads = [
            thread("keeper") { try keeper.run(until: $0) },
            thread("beat") { stop in
                try owner.beat(every: Self.lease / 3, until: stop) { $0.map(tally.note) }
            },
        ]
        defer { for thread in threads { thread.stop() } }
        let worker = try LoadWorker(
            database: database, owner: owner, doorbell: doorbell, clock: wall,
            retention: Self.retention, tally: tally)
        let working = thread("worker") { _ in try worker.run() }
        try await submit(doorbell)
        await working.joined()
        try owner.leave()
    }

    /// Submits until as much was done as should be.
    private func submit(_ doorbell: Doorbell) async throws {
        defer { tally.submittingEnded() }
        let caller = try LoadCaller(
            database: database, doorbell: doorbell, clock: wall, retention: Self.retention, tally: tally)
        try await caller.run()
    }

    private func thread(_ name: String, _ body: @escaping @Sendable (StopSignal) throws -> Void) -> ServiceThread {
        ServiceThread(name: name) { [tally] stop in
            do { try body(stop) } catch { tally.note(error) }
        }
    }
}

extension WallTime {
    fileprivate static var ofSystem: WallTime {
        WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }
}

extension Duration {
    static var sinceStart: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
