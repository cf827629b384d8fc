import Core
import Foundation
import Glibc
import HTTP
import Operations
import Testing

/// A thousand callers who do as little as they can, each holding what it may, while others want to be served.
@Suite(.serialized) struct CrowdTests {
    @Test func `a thousand trickling readers, senders and idle connections bound nobody's memory and keep nobody out`()
        throws
    {
        #expect(OpenFiles.allow(8_000) >= 4_000)
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let flowers = "sepal_length,sepal_width,petal_length,petal_width\n"
        let table = flowers + String(repeating: "5.1,3.5,1.4,0.2\n", count: 40_000)
        let id = try service.submit(table: table, "model=iris")
        _ = try service.ended(id)
        let before = try service.mostMegabytes("api")
        // What the machine itself takes for an answer at the time: a service of its own, which nobody crowds.
        let quiet = ServiceUnderTest()
        try quiet.startAPI()

        let crowd = try Crowd(service, task: id, head: flowers)
        let start = Date()
        var pairs: [(here: Double, elsewhere: Double)] = []
        var (pages, tables, predictions) = (0, 0, 0)
        while Date().timeIntervalSince(start) < 12 {
            for _ in 0..<10 {
                var status = 0
                let seconds = try Self.seconds { status = try service.get("/live").status }
                #expect(status == 200)
                // In the same moment: what else goes on in the machine differs from one to the next.
                pairs.append((seconds, try Self.seconds { status = try quiet.get("/live").status }))
                poll(nil, 0, 10)
            }
            let single = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#
            if try service.post("/predict", single).status == 200 { predictions += 1 }
            if try service.get("/predict/async/\(id)/results?limit=10000").status == 200 { pages += 1 }
            let upload = try service.post("/predict/async?model=iris", flowers + "5.1,3.5,1.4,0.2\n", type: "text/csv")
            if upload.status == 202 { tables += 1 }
        }
        let megabytes = try service.mostMegabytes("api")
        crowd.end()
        let lags = pairs.map { $0.here - $0.elsewhere }.sorted()
        let lag = lags[lags.count * 95 / 100]
        print(
            "crowd: \(lags.count) looks, 95 of 100 took at most \(Int(lag * 1_000)) ms more than elsewhere; \(predictions) predictions, \(pages) pages of",
            "10,000 rows and \(tables) tables were served; API \(before) MB before,",
            "\(megabytes) MB at most")
        #expect(lag < 0.05)
        #expect(predictions > 5 && pages > 5 && tables > 5)
        #expect(megabytes < 400)
    }

    /// 64 senders of a kilobyte each half minute held all slots for as long as they liked.
    @Test func `senders that trickle give their slots to one that does not`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let head =
            "POST /predict/async?model=iris HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
            + "Content-Length: 1000000\r\n\r\nsepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n5."
        let senders = try (0..<Limits.uploads).map { _ in try RawUpload(url: service.url, head: head) }
        defer { for sender in senders { sender.close() } }
        try service.wait("all slots to be taken") { try service.metric("sibyl_uploads") == Double(Limits.uploads) }
        var isTaken = false
        try service.wait("a table to be taken", for: 10) {
            isTaken =
                try service.post(
                    "/predict/async?model=iris", "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n",
                    type: "text/csv"
                ).status == 202
            return isTaken
        }
        #expect(isTaken)
    }

    /// The sender that was there was cut off, and the new one got no slot either.
    @Test func `a sender that finds no slot does not cut off the one that is there`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let opened = try service.send(.post, "/predict/async?model=iris&upload=later", [:], .none)
        let id = try #require(opened.json["id"] as? String)
        let rows =
            "sepal_length,sepal_width,petal_length,petal_width\n" + String(repeating: "5.1,3.5,1.4,0.2\n", count: 50)
        let half = rows.utf8.count / 2
        let put = "PUT /predict/async/\(id)/input HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
        let sender = try RawUpload(
            url: service.url,
            head: put + "Connection: close\r\nContent-Length: \(rows.utf8.count)\r\n\r\n" + rows.prefix(half))
        let head =
            "POST /predict/async?model=iris HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
            + "Content-Length: 1000000\r\n\r\nsepal_length,sepal_width,petal_length,petal_width\n5."
        let others = try (1..<Limits.uploads).map { _ in try RawUpload(url: service.url, head: head) }
        defer { for other in others { other.close() } }
        try service.wait("all slots to be taken") { try service.metric("sibyl_uploads") == Double(Limits.uploads) }
        let second = try service.send(
            .put, "/predict/async/\(id)/input", ["Content-Type": "text/csv"], .bytes(Array(rows.utf8)))
        #expect(second.status == 503)
        try sender.write(String(rows.dropFirst(half)))
        #expect(sender.readAll().hasPrefix("HTTP/1.1 200"))
        #expect(try service.ended(id)["status"] as? String == "completed")
    }

    private static func seconds(_ work: () throws -> Void) rethrows -> Double {
        let start = Date()
        try work()
        return Date().timeIntervalSince(start)
    }
}

/// A thousand connections, a few bytes of each of which move now and then.
private final class Crowd {
    private let over = StopSignal()
    private let ended = StopSignal()
    private let clients: [RawUpload]

    init(_ service: ServiceUnderTest, task: String, head: String) throws {
        let (url, page) = (
            service.url, "GET /predict/async/\(task)/results?limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        let stream = "GET /predict/async/\(task)/results?format=ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let readers = try (0..<334).map { number in
            let reader = try RawUpload(url: url)
            var bytes: Int32 = 4_096
            setsockopt(reader.descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
            try reader.write(number.isMultiple(of: 2) ? page : stream)
            return reader
        }
        let bodies = ["text/csv": "/predict/async?model=iris", "application/json": "/predict/async"]
        let senders = try (0..<333).map { number in
            let (type, path) = number.isMultiple(of: 2) ? bodies.first! : Array(bodies).last!
            return try RawUpload(
                url: url,
                head: "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\n"
                    + "Content-Length: 8000000\r\n\r\n" + head)
        }
        let idle = try (0..<333).map { _ in
            try RawUpload(url: url, head: "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        }
        clients = readers + senders + idle
        let (reading, sending) = (readers.map(\.descriptor), senders.map(\.descriptor))
        _ = ServiceThread(name: "crowd") { [over, ended] _ in
            var bytes = [UInt8](repeating: 0, count: 16)
            while !over.wait(for: .milliseconds(100)) {
                for reader in reading { recv(reader, &bytes, bytes.count, Int32(MSG_DONTWAIT)) }
                for sender in sending { send(sender, "5.1,3.5,", 8, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
            }
            ended.raise()
        }
    }

    func end() {
        over.raise()
        _ = ended.wait(for: .seconds(30))
        for client in clients { client.close() }
    }
}

extension ServiceUnderTest {
    /// The value of a metric without labels.
    fileprivate func metric(_ name: String) throws -> Double? {
        let answer = try HTTPClient().send(.get, url + "/metrics", body: .none, deadline: .seconds(10))
        let text = String(decoding: answer.body, as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }
}
