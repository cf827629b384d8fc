import Core
import Glibc
import Queue
import Store

/// Claims and completes what waits, and now and then gives it back or puts it aside.
final class LoadWorker: @unchecked Sendable {  // @unchecked because one thread uses it
    static let identity = ModelIdentity(model: "load", version: "v1", digest: "00")
    static let output = ModelOutput(kind: .regression)

    private let leases: Leases
    private let model: Int64
    private let reader: Writer
    private let tally: LoadTally
    private let clock: WallClock
    private var turn = 0

    init(
        database: Database, owner: Owner, doorbell: Doorbell,
        clock: WallClock, retention: Duration, tally: LoadTally
    ) throws {
        self.clock = clock
        self.tally = tally
        reader = try database.makeWriter(.relaxed)
        model = try reader.transaction { try ModelTable.key(of: Self.identity, output: Self.output, in: $0) }
        leases = try Leases(
            database: database, owner: owner, doorbell: doorbell, clock: clock, retention: retention)
    }

    /// Works until nothing waits and this process submits no more.
    func run() throws {
        while true {
            let claim = try leases.claim(of: [model], upToRows: { _ in 12 })
            if let claim {
                tally.count()
                try end(claim)
            } else if !tally.isSubmitting, try reader.read({ try BacklogTable.rows(in: $0) }) == 0 {
                return
            } else {
                poll(nil, 0, 1)
            }
        }
    }

    /// Ends a claim in one of the ways in which claims end: given back, put aside, or done.
    private func end(_ claim: Claim) throws {
        turn += 1
        if turn.isMultiple(of: 17) {
            try leases.release(claim.chunks, of: claim, asSuspects: turn.isMultiple(of: 34))
            return tally.count()
        }
        if turn.isMultiple(of: 23) {
            for chunk in claim.chunks {
                try leases.retry(chunk, of: claim, after: .milliseconds(1), blamesModel: false)
                tally.count()
            }
            return
        }
        let startedAt = clock.now
        let finished = try claim.chunks.map { chunk in
            FinishedChunk(chunk, predictions: try answer(chunk), startedAt: startedAt)
        }
        let lost = try leases.complete(finished, of: claim, rowCost: 1)
        if lost > 0 { tally.note(QueueError.ownershipLost) }
        tally.count()
    }

    /// Every number doubled.
    private func answer(_ chunk: ClaimedChunk) throws -> Predictions {
        guard let payload = chunk.payload, case let rows = try Rows(payload: payload.body),
            case .float(let numbers) = rows.columns[0]
        else { throw StoreError.corruptBlob }
        return Predictions(count: rows.count, width: 1, values: numbers.map { Double($0) * 2 })
    }
}
