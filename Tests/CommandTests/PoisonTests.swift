import Foundation
import Glibc
import Testing

/// Rows that bring down the run, or the process, in which they are; `scripts/models/make_faulty.py` makes their model.
@Suite(.serialized) struct PoisonTests {
    /// What a row does to its run.
    enum Poison: Int {
        case throwing = -1
        case killing = -2
        case looping = -3

        var code: String { self == .killing ? "worker_crashed" : "prediction_failed" }
    }

    private static let models = ["--models", ServiceUnderTest.root + "/Tests/CommandTests/models"]

    @Test(arguments: [Poison.throwing, .killing] + (Soak.isAsked ? [.looping] : []))
    func `one poison row of a thousand fails alone, and its neighbours lose nothing`(poison: Poison) throws {
        let house = try House()
        let badRow = 417
        let numbers = (0..<1_000).map { $0 == badRow ? "\(poison.rawValue)" : "\($0)" }
        let poisoned = try house.submit(numbers)
        let batch = try house.submit((0..<200).map(String.init))
        let singles = try (0..<20).map { try house.submit(single: Double($0)) }

        let seconds = try house.run(poisoned, for: 30)
        let task = try house.service.ended(poisoned)
        #expect(task["status"] as? String == "completed_with_errors")
        let rows = try house.service.objects(poisoned)
        #expect(rows.compactMap { $0["row"] as? Int } == Array(0..<1_000))
        let failed = rows.filter { $0["status"] as? String != "succeeded" }
        #expect(failed.compactMap { $0["row"] as? Int } == [badRow])
        #expect((failed.first?["error"] as? [String: Any])?["code"] as? String == poison.code)
        #expect((rows[418]["output"] as? [Double]) == [836])
        try house.expectWhole([batch] + singles)

        // All of them were in the run that failed first.
        let together = poison == .killing ? "owner lost, its work goes on\" chunks=22" : "run failed\" chunks=22"
        #expect(house.service.logText("up").contains(together))
        let losses = try house.record.losses()
        #expect(Set(losses.keys).isSubset(of: [0]), "only the poisoned task may lose attempts: \(losses)")
        #expect((losses[0]?.crashes ?? 0) <= 8)
        #expect((losses[0]?.attempts ?? 0) < 4)
        print("poison \(poison): \(seconds) s, \(house.deaths) deaths, losses \(losses[0] ?? (0, 0))")
    }

    /// What does not even stop when it is told to takes its process along: the model's half second, three of grace.
    @Test func `a run that hangs is ended with its process, and its neighbours run at once and lose nothing`() throws {
        let house = try House()
        let hanging = try house.submit(single: -4)
        let singles = try (0..<50).map { try house.submit(single: Double($0)) }
        let start = Date()
        try house.resume()
        try house.expectWhole(singles)
        let seconds = Date().timeIntervalSince(start)
        // Below the lease, after which others would have them anyway.
        #expect(seconds < 14)
        #expect(Set(try house.record.losses().keys).isSubset(of: [0]))
        print("hang: neighbours \(seconds) s")
        // The row itself fails when it has taken three workers along: three times those seconds.
        guard Soak.isAsked else { return try house.kill() }
        let task = try house.service.ended(hanging)
        #expect(task["status"] as? String == "failed")
        let error = (task["result"] as? [String: Any])?["error"] as? [String: Any]
        #expect(error?["code"] as? String == "worker_crashed")
        #expect(Set(try house.record.losses().keys).isSubset(of: [0]))
        #expect((1...4).contains(house.deaths))
        print("hang: \(house.deaths) deaths, all \(Date().timeIntervalSince(start)) s")
    }

    /// A service with the faulty model, paused, so that what is submitted first runs together.
    private struct House {
        let service = ServiceUnderTest()
        let record: LossRecord

        init() throws {
            try service.startUp(workers: 2, PoisonTests.models)
            record = try LossRecord(database: service.database)
            guard try service.command(["pause"]).code == 0 else {
                throw ServiceUnderTest.Failure(description: "not paused")
            }
            try service.wait("both workers") { service.logText("up").split(separator: "worker ready").count == 3 }
        }

        func submit(_ numbers: [String]) throws -> String {
            try service.submit(table: "x\n" + numbers.joined(separator: "\n") + "\n", "model=faulty")
        }

        func submit(single number: Double) throws -> String {
            let answer = try service.post("/predict/async", #"{"model":"faulty","input":{"x":\#(number)}}"#)
            return try #require(answer.json["id"] as? String, "\(answer.json)")
        }

        func resume() throws { #expect(try service.command(["resume"]).code == 0) }

        /// Lets go of what waits, and waits for a task's end.
        ///
        /// - Returns: how long it took, in seconds.
        func run(_ id: String, for limit: TimeInterval) throws -> TimeInterval {
            let start = Date()
            try resume()
            _ = try service.ended(id, for: limit)
            return Date().timeIntervalSince(start)
        }

        func expectWhole(_ ids: [String]) throws {
            for id in ids { #expect(try service.ended(id)["status"] as? String == "completed") }
        }

        /// Ends all at once, though a run hangs.
        func kill() throws {
            for child in try service.children(of: "up", count: 3) { Glibc.kill(child.pid, SIGKILL) }
        }

        /// How often a worker's process ended.
        var deaths: Int { service.logText("up").components(separatedBy: "event=\"process ended\"").count - 1 }
    }
}
