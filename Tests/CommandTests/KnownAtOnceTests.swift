import Core
import Foundation
import HTTP
import Queue
import TestSupport
import Testing

/// What an operator, or a failing model, changes is known at once, in every API process.
@Suite(.serialized) struct KnownAtOnceTests {
    private static let iris = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#

    @Test func `after a resume the next prediction is served, and after a pause none is, whichever API is asked`()
        throws
    {
        let service = ServiceUnderTest()
        try service.startAPI()
        let second = service.folder.path + "/second"
        try service.start("second", ["api", "--listen", "127.0.0.1:0", "--ready-file", second])
        try service.startWorker()
        try service.wait("the second API") {
            (try? String(contentsOfFile: second, encoding: .utf8))?.hasSuffix("\n") == true
        }
        let urls = [service.url, try String(contentsOfFile: second, encoding: .utf8).trimmingCharacters(in: .newlines)]
        func predict(at url: String) throws -> Int {
            service.follow(url)
            return try service.post("/predict", Self.iris).status
        }
        try service.wait("the worker") { try predict(at: urls[0]) == 200 }
        for round in 0..<10 {
            let (one, other) = (urls[round % 2], urls[(round + 1) % 2])
            // Both have looked at the queue just now.
            for url in urls { #expect(try predict(at: url) == 200) }
            service.follow(one)
            #expect(try service.post("/admin/queue/pause", #"{"model":"iris"}"#).status == 200)
            #expect(try predict(at: one) == 503)
            try service.wait("the other API to hear its doorbell") { try predict(at: other) == 503 }
            service.follow(one)
            #expect(try service.post("/admin/queue/resume", "{}").status == 200)
            #expect(try predict(at: one) == 200, "round \(round)")
            try service.wait("the other API to hear its doorbell again") { try predict(at: other) == 200 }
        }
    }

    @Test(arguments: ["/predict", "/predict/batch"])
    func `a prediction whose task is stopped says so`(path: String) throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        #expect(try service.post("/predict/async", Self.iris).status == 202)
        // It has the model, and takes nothing.
        let worker = try PlayedWorker(service)
        defer { withExtendedLifetime(worker) {} }
        try service.waitUntilServed("iris")
        let body =
            path == "/predict"
            ? Self.iris
            : #"{"model":"iris","inputs":[{"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2},{"sepal_length":5,"sepal_width":3,"petal_length":1,"petal_width":0.2}]}"#
        for isDeleted in [false, true] {
            let caller = try RawUpload(
                url: service.url,
                head: "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
            var id = ""
            try service.wait("the task") {
                let tasks =
                    try service.get("/predict/async?source=sync&status=pending").json["tasks"] as? [[String: Any]]
                id = tasks?.first?["id"] as? String ?? ""
                return !id.isEmpty
            }
            if isDeleted {
                #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
            } else {
                #expect(try service.post("/predict/async/\(id)/cancel", "").status == 202)
            }
            let answer = caller.readAll()
            caller.close()
            #expect(answer.hasPrefix("HTTP/1.1 409 "), "\(answer)")
            #expect(
                answer.contains(#""code":"task_ended""#) && answer.contains(#""task_status":"cancelled""#), "\(answer)")
            #expect(answer.contains("Location: /predict/async/\(id)"), "\(answer)")
        }
    }

    @Test func `a breaker that opens is known at once`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--sync-seconds", "1", "--models", ServiceUnderTest.root + "/Tests/CommandTests/models"])
        for number in 0..<Limits.breakerFailures {
            let body = #"{"model":"faulty","input":{"x":\#(number)}}"#
            #expect(try service.post("/predict/async", body).status == 202)
        }
        let worker = try PlayedWorker(service)
        let claim = try worker.claim()
        func predict() throws -> String? {
            try service.post("/predict", #"{"model":"faulty","input":{"x":1}}"#).code
        }
        try service.waitUntilServed("faulty")
        for chunk in claim.chunks {
            // The API has looked at the queue just now.
            #expect(try predict() == "prediction_timeout")
            try worker.leases.retry(chunk, of: claim, after: .seconds(60))
        }
        try service.wait("the API to hear its doorbell") { try predict() == "model_unavailable" }
    }
}
