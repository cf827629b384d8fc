import Foundation
import HTTP
import Testing

/// The words of HTTP between a caller and the whole service.
@Suite(.serialized, .sharedService) struct ProtocolTests {
    private func task(_ id: String, _ headers: HTTPHeaders = [:], _ query: String = "") throws
        -> ServiceUnderTest.Answer
    {
        try SharedService.service.send(.get, "/predict/async/\(id)\(query)", headers, .none)
    }

    @Test func `a task that the caller has is answered 304 with all that the whole answer would say`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        let whole = try task(id)
        let tag = try #require(whole.headers.first("ETag"))
        #expect(tag.hasPrefix("W/\""))
        for named in [tag, String(tag.dropFirst(2)), "*", "\"other\", \(tag)"] {
            let known = try task(id, ["If-None-Match": named])
            #expect(known.status == 304, "\(named)")
            for name in ["ETag", "Vary", "Retry-After"] {
                #expect(known.headers.first(name) != nil, "\(name)")
                #expect(known.headers.first(name) == whole.headers.first(name), "\(name)")
            }
        }
        #expect(try task(id, ["If-None-Match": "\"other\""]).status == 200)
        #expect(try task(id, ["If-None-Match": "*"], "?wait=1").status == 304)
        let packed = try task(id, ["Accept-Encoding": "gzip"])
        #expect(packed.headers.first("ETag") == tag, "a weak tag is that of every coding")
    }

    @Test func `a held answer comes with whatever its tag covers`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment&id_column=id")
        let tag = try #require(try task(id).headers.first("ETag"))
        let url = service.url
        let held = Thread.Held { () throws -> HTTPClient.Answer in
            try HTTPClient().send(
                .get, "\(url)/predict/async/\(id)?wait=20", headers: ["If-None-Match": tag], body: .none,
                deadline: .seconds(30))
        }
        #expect(try service.put("id,text\na,good\na,bad\n", to: id).status == 200)
        #expect(try held.wait().status == 200)
        // Warnings, the format, the rows that run and the end each change the tag; whoever asks on sees the last of them.
        var last = try task(id)
        while last.json["final"] as? Bool != true {
            last = try task(id, ["If-None-Match": try #require(last.headers.first("ETag"))], "?wait=20")
            try #require(last.status == 200)
        }
        #expect((last.json["warnings"] as? [Any])?.count == 1)
    }

    private static let expecting = "Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n"

    static let refused: [(request: String, status: Int)] = [
        ("POST /nothing HTTP/1.1\r\n", 404), ("PUT /predict/async HTTP/1.1\r\n", 405),
        ("POST /predict/async HTTP/1.1\r\nContent-Type: application/pdf\r\n", 415),
        ("POST /predict/async HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n", 415),
        ("POST /predict/async HTTP/1.1\r\nContent-Type: multipart/form-data\r\n", 400),
        ("POST /predict/async?colour=red HTTP/1.1\r\nContent-Type: text/csv\r\n", 422),
        ("POST /predict/async?model=nobody HTTP/1.1\r\nContent-Type: text/csv\r\n", 422),
        ("POST /predict/async?not_before=2099-02-30T00:00:00Z HTTP/1.1\r\nContent-Type: text/csv\r\n", 422),
        ("POST /predict/async?priority=urgent HTTP/1.1\r\nContent-Type: application/json\r\n", 422),
        ("POST /predict HTTP/1.1\r\nContent-Type: text/csv\r\n", 415),
        ("POST /predict?colour=red HTTP/1.1\r\nContent-Type: application/json\r\n", 422),
        ("PUT /predict/async/019aa000-0000-7000-8000-000000000000/input HTTP/1.1\r\nContent-Type: text/csv\r\n", 404),
    ]

    @Test(arguments: refused)
    func `what the head decides is answered before any row is sent`(request: String, status: Int) throws {
        let connection = try RawUpload(
            url: SharedService.service.url, head: request + Self.expecting + "\r\n")
        let answer = connection.readAll()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        #expect(answer.contains("application/problem+json"))
        connection.close()
    }

    @Test func `a caller who waits for a word is told at once that the queue is full`() throws {
        let full = ServiceUnderTest()
        try full.startAPI(["--max-waiting-rows", "1"])
        _ = try full.submit("the only one")
        for type in ["application/json", "text/csv"] {
            let head = "POST /predict/async?model=sentiment HTTP/1.1\r\nContent-Type: \(type)\r\nConnection: close\r\n"
            // The count of waiting rows is half a second old at most; until it is fresh the answer follows the body.
            try full.wait("the full queue to be seen") {
                let connection = try RawUpload(url: full.url, head: head + Self.expecting + "\r\n")
                defer { connection.close() }
                // The connection may be closed already.
                do { try connection.write(String(repeating: "a", count: 5_000)) } catch is ServiceUnderTest.Failure {}
                let answer = connection.readAll()
                return answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("Retry-After")
            }
        }
    }

    @Test func `an empty form, as of curl with nothing to send, opens an upload`() throws {
        let answer = try SharedService.service.send(
            .post, "/predict/async?model=sentiment&upload=later",
            ["Content-Type": "application/x-www-form-urlencoded"], .bytes([]))
        #expect(answer.status == 202, "\(answer.json)")
    }

    @Test func `what people try first names the line that works`() throws {
        let service = try SharedService.service
        let form = try service.post("/predict/async", "text=good", type: "application/x-www-form-urlencoded")
        #expect(form.status == 415)
        #expect(form.detail.contains("curl -H 'Content-Type: application/json' -d"), "\(form.detail)")
        #expect(form.detail.contains("--data-binary"), "\(form.detail)")
        let single = try service.post("/predict", "text=good", type: "application/x-www-form-urlencoded")
        #expect(single.status == 415 && single.detail.contains("application/json"), "\(single.detail)")
        let put = try service.send(.put, "/predict/async?model=sentiment", [:], .bytes(Array("text\na\n".utf8)))
        #expect(put.status == 405 && put.headers.first("Allow")?.contains("POST") == true)
        #expect(put.detail.contains("--data-binary @customers.csv"), "\(put.detail)")
    }

    @Test func `a type that is not given is refused before anything is done`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        for (method, path) in [(HTTPMethod.get, ""), (.post, "/cancel"), (.get, "/manifest")] {
            let answer = try service.send(method, "/predict/async/\(id)\(path)", ["Accept": "text/csv"], .none)
            #expect(answer.status == 406, "\(path)")
        }
        #expect(try service.get("/predict/async/\(id)").json["status"] as? String == "pending")
        let page = try service.file("/", ["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"])
        #expect(page.headers.first("Content-Type")?.hasPrefix("text/html") == true)
        #expect(try service.get("/").json["health"] as? String == "/health")
    }
}

extension Thread {
    /// Work on a thread of its own, whose outcome is waited for.
    final class Held<Value>: @unchecked Sendable {  // @unchecked because the semaphore orders the two threads.
        private var outcome: Result<Value, any Error>?
        private let semaphore = DispatchSemaphore(value: 0)

        init(_ work: @escaping @Sendable () throws -> Value) {
            Thread.detachNewThread { [self] in
                outcome = Result { try work() }
                semaphore.signal()
            }
        }

        func wait() throws -> Value {
            guard semaphore.wait(timeout: .now() + 30) == .success, let outcome else {
                throw ServiceUnderTest.Failure(description: "it did not end in thirty seconds")
            }
            return try outcome.get()
        }
    }
}
