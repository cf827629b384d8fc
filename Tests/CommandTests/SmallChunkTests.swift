import HTTP
import TestSupport
import Testing

/// Tables that are cut into very small chunks.
@Suite struct SmallChunkTests {
    /// Each chunk waited for a flush of its own: a million chunks of one row took more than seven minutes.
    @Test func `chunks of one row share a commit, and all are there`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--chunk-rows", "1"])
        let rows = 20_000
        let table =
            "sepal_length,sepal_width,petal_length,petal_width\n"
            + String(repeating: "5.1,3.5,1.4,0.2\n", count: rows)
        let before = try commits(service)
        let id = try service.submit(table: table, "model=iris&keep_input=false")
        let task = try service.get("/predict/async/\(id)").json
        #expect(task.counts["total"] == rows)
        #expect(try commits(service) - before <= Double(rows / 10))
    }

    private func commits(_ service: ServiceUnderTest) throws -> Double {
        let answer = try HTTPClient().send(.get, service.url + "/metrics", deadline: .seconds(10))
        return try #require(
            Exposition(String(decoding: answer.body, as: UTF8.self))["sibyl_group_commit_size_count", [:]])
    }
}
