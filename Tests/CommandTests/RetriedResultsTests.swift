import Core
import Foundation
import HTTP
import Testing

@testable import Queue

/// `include=retries`: rows that were run again stand with what came of that, each row with its own.
///
/// The story: a retry was read in sequence, so that one that was cancelled, and had its later rows only, gave its answers to
/// other rows. And JSON ignored the option, with a `next` link that was refused.
@Suite(.serialized) struct RetriedResultsTests {
    /// A service without a worker and with small chunks: rows 0 to 2, 3 to 5 and so on.
    private func start() throws -> ServiceUnderTest {
        let service = ServiceUnderTest()
        try service.startAPI(["--chunk-rows", "3", "--models", ServiceUnderTest.root + "/Tests/CommandTests/models"])
        return service
    }

    private static let failing: Set<Int> = [1, 3, 5, 7, 10, 11]

    /// Submits twelve rows, of which six fail.
    private func scored(_ service: ServiceUnderTest) throws -> (id: String, worker: PlayedWorker) {
        let table = "id,x\r\n" + (0..<12).map { "c-\($0),\($0)\r\n" }.joined()
        let id = try service.submit(table: table, "model=faulty&id_column=id")
        let worker = try PlayedWorker(service)
        try worker.run { Self.failing.contains($0) ? nil : Double($0) }
        #expect(try service.ended(id).counts["failed"] == 6)
        return (id, worker)
    }

    private func retry(_ service: ServiceUnderTest, _ id: String) throws -> String {
        let answer = try service.post("/predict/async/\(id)/retry", "")
        return try #require(answer.id, "\(answer.json)")
    }

    /// Checks what each row shows, in every format, whole and by pages of every size.
    private func expect(_ expected: [Int: Double], of id: String, in service: ServiceUnderTest) throws {
        let all = (0..<12).map { expected[$0] ?? (Self.failing.contains($0) ? nil : Double($0)) }
        func values(_ objects: [[String: Any]]) -> [Double?] {
            objects.map { ($0["output"] as? [Double])?.first }
        }
        func objects(_ text: String) throws -> [[String: Any]] {
            try text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }
        let lines = try objects(service.results(id, "format=ndjson&include=retries").text)
        #expect(values(lines) == all)
        #expect(lines.map { $0["id"] as? String } == (0..<12).map { "c-\($0)" })
        #expect(lines.map { $0["row"] as? Int } == Array(0..<12))
        let cells = try service.results(id, "format=csv&include=retries&fields=row,output_1").lines
        #expect(cells.dropFirst().prefix(12).map { Double($0.split(separator: ",").dropFirst().first ?? "") } == all)
        let joined = try service.results(id, "join=input&include=retries&fields=output_1").lines
        #expect(joined.dropFirst().prefix(12).map { Double($0.split(separator: ",").dropFirst(2).first ?? "") } == all)
        for size in [1, 2, 5, 12] {
            var (pages, address): ([[String: Any]], String?) = (
                [], "/predict/async/\(id)/results?include=retries&limit=\(size)"
            )
            while let path = address, pages.count < 99 {
                let page = try service.get(path)
                try #require(page.status == 200, "\(path): \(page.json)")
                pages += page.json["results"] as? [[String: Any]] ?? []
                // The failed rows of the chunks before its own are counted once, not again for each page.
                if let cursor = page.json["next_cursor"] as? String {
                    let before = pages.count / 3 * 3
                    #expect(cursor.split(separator: ".").last == "\(Self.failing.count { $0 < before })", "\(cursor)")
                }
                address = page.headers.first("Link")?.firstMatch(of: /<([^>]*)>; rel="next"/).map { String($0.1) }
            }
            #expect(values(pages) == all, "pages of \(size)")
            // A stream that begins at a page's place.
            let first = try service.get("/predict/async/\(id)/results?limit=\(size)").json
            guard let cursor = first["next_cursor"] as? String else { continue }
            let rest = try service.results(id, "format=ndjson&include=retries&cursor=\(cursor)")
            #expect(values(try objects(rest.text)) == Array(all.dropFirst(size)), "from row \(size) on")
        }
        let failed = try objects(service.results(id, "format=ndjson&include=retries&errors_only=true").text)
        #expect(failed.compactMap { $0["row"] as? Int } == all.indices.filter { all[$0] == nil })
    }

    @Test func `a retry that was cancelled in its midst gives each row its own answer, and no other`() throws {
        let service = try start()
        let (id, worker) = try scored(service)
        try expect([:], of: id, in: service)
        let again = try retry(service, id)
        try expect([:], of: id, in: service)
        // Its chunks are rows [1], [3, 5], [7] and [10, 11] of the first task; only the second and the last one end.
        let claim = try worker.claim()
        #expect(claim.chunks.map(\.rows) == [1, 2, 1, 2])
        try worker.complete([claim.chunks[1]], of: claim) { $0 == 2 ? nil : 1_003 }
        try expect([3: 1_003], of: id, in: service)
        try worker.complete([claim.chunks[3]], of: claim) { Double(1_000 + ($0 == 4 ? 10 : 11)) }
        try worker.release([claim.chunks[0], claim.chunks[2]], of: claim)
        #expect(try service.post("/predict/async/\(again)/cancel", "").status == 202)
        #expect(try service.ended(again).status == "cancelled")
        try expect([3: 1_003, 10: 1_010, 11: 1_011], of: id, in: service)
    }

    @Test func `of several retries and of retries of retries the newest success counts`() throws {
        let service = try start()
        let (id, worker) = try scored(service)
        // The first retry scores rows 1 and 11, and fails 3, 5, 7 and 10.
        let first = try retry(service, id)
        try worker.run { [0: 1_001, 5: 1_011][$0] }
        _ = try service.ended(first)
        try expect([1: 1_001, 11: 1_011], of: id, in: service)
        // A retry of it has rows 3, 5, 7 and 10, and scores the second and the last one.
        let second = try retry(service, first)
        try worker.run { [1: 2_005, 3: 2_010][$0] }
        _ = try service.ended(second)
        try expect([1: 1_001, 5: 2_005, 10: 2_010, 11: 1_011], of: id, in: service)
        // Another retry of the first task has all six; what it scores is newer, and what it fails stays as it was.
        let third = try retry(service, id)
        try worker.run { [0: 3_001, 3: 3_007][$0] }
        _ = try service.ended(third)
        try expect([1: 3_001, 5: 2_005, 7: 3_007, 10: 2_010, 11: 1_011], of: id, in: service)
        // What was deleted is as if it had never been.
        #expect(try service.send(.delete, "/predict/async/\(third)", [:], .none).status == 204)
        try expect([1: 1_001, 5: 2_005, 10: 2_010, 11: 1_011], of: id, in: service)
    }

    @Test func `the only row of a task stands with what its retry came to`() throws {
        let service = try start()
        let id = try #require(try service.post("/predict/async", #"{"model":"faulty","input":{"x":1}}"#).id)
        let worker = try PlayedWorker(service)
        try worker.run { _ in nil }
        _ = try service.ended(id)
        let again = try retry(service, id)
        try worker.run { _ in 7 }
        _ = try service.ended(again)
        let page = try service.get("/predict/async/\(id)/results?include=retries").json
        let row = (page["results"] as? [[String: Any]])?.first
        #expect(row?["output"] as? [Double] == [7] && row?["row"] as? Int == 0, "\(page)")
    }
}
