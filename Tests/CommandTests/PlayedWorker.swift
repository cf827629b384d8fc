import Core
import Foundation
import Store
import Testing

@testable import Queue

/// A worker that the test plays: it says what becomes of each row, and when.
final class PlayedWorker {
    let leases: Leases
    private let owner: Owner
    private let model: Int64

    /// - Parameter service: one that has accepted a task of the model; the newest task's model is the one that is served.
    init(_ service: ServiceUnderTest) throws {
        let start = ContinuousClock.now
        let steady = SteadyClock { start.duration(to: .now) }
        let wall = WallClock { WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
        let database = try Database(path: service.database)
        let doorbell = try Doorbell(database: database, steady: steady)
        let newest = """
            SELECT key, name, version, digest FROM model WHERE key = (SELECT model FROM task ORDER BY key DESC LIMIT 1)
            """
        let served = try #require(
            try database.makeWriter(.relaxed).read {
                try $0.first(newest) {
                    (
                        key: $0.integer(0),
                        identity: ModelIdentity(model: $0.text(1), version: $0.text(2), digest: $0.text(3))
                    )
                }
            })
        model = served.key
        owner = try Owner(
            .worker, boot: "0123abcd", models: [.init(identity: served.identity)], database: database, at: wall.now)
        leases = try Leases(
            database: database, owner: owner, doorbell: doorbell, clock: wall, retention: .seconds(3_600))
    }

    /// Leases all that waits.
    func claim() throws -> Claim {
        try #require(try leases.claim(of: [model], upToRows: { _ in 1 << 20 }), "nothing waits")
    }

    /// Ends chunks of a claim.
    ///
    /// - Parameter answer: what a row of the task comes to; nil for one that fails and may succeed another time.
    func complete(_ chunks: [ClaimedChunk], of claim: Claim, answer: (_ row: Int) -> Double?) throws {
        let finished = try chunks.map { chunk in
            let ids = try Rows(payload: #require(chunk.payload).body).ids
            let answers = (0..<chunk.rows).map { answer(chunk.firstRow + $0) }
            let faults = answers.indices.filter { answers[$0] == nil }.map {
                RowFault(row: $0, code: .predictionFailed, message: "It failed.")
            }
            let predictions = Predictions(
                count: chunk.rows, width: 1, values: answers.compactMap(\.self), faults: faults, ids: ids)
            return FinishedChunk(chunk, predictions: predictions, startedAt: WallTime(milliseconds: 5))
        }
        #expect(try leases.complete(finished, of: claim) == 0)
    }

    /// Runs all that waits.
    func run(_ answer: (_ row: Int) -> Double?) throws {
        let claim = try claim()
        try complete(claim.chunks, of: claim, answer: answer)
    }

    func release(_ chunks: [ClaimedChunk], of claim: Claim) throws {
        try leases.release(chunks, of: claim, asSuspects: false)
    }
}
