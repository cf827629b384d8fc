import Foundation
import Glibc
import Testing

/// What is left when processes die at the worst moment.
@Suite(.serialized) struct CrashTests {
    @Test func `a killed worker's rows go on elsewhere, each once and in order`() throws {
        let service = ServiceUnderTest(slowsTexts: true)
        try service.startAPI()
        try service.startWorker("one", ["--log-level", "debug"])
        let id = try service.submitTable(ServiceUnderTest.longReviews(2_000))
        try service.wait("the worker to begin") {
            try (service.get("/predict/async/\(id)").json["rows"] as? [String: Int])?["processing"] ?? 0 > 0
        }
        service.signal("one", SIGKILL)
        #expect(service.end("one") == 128 + SIGKILL)
        try service.startWorker("two")
        let task = try service.ended(id)
        #expect(task["status"] as? String == "completed")
        #expect((task["rows"] as? [String: Int])?["succeeded"] == 2_000)
        #expect(try service.resultRows(id) == Array(0..<2_000))
    }

    @Test func `a task answered 202 is there after the API was killed`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        var ids: [String] = []
        for number in 0..<20 { ids.append(try service.submit("review number \(number)")) }
        service.signal("api", SIGKILL)
        service.end("api")
        try service.startAPI()
        for id in ids { #expect(try service.get("/predict/async/\(id)").json["status"] as? String == "pending") }
        try service.startWorker()
        for id in ids { #expect(try service.ended(id)["status"] as? String == "completed") }
    }

    @Test func `submissions are accepted without a worker, and health says so`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("I love this product!")
        #expect(try service.get("/ready").status == 200)
        let health = try service.get("/health")
        #expect(health.status == 200)
        #expect(health.json["status"] as? String == "degraded")
        #expect((health.json["queue"] as? [String: Any])?["rows_waiting"] as? Int == 1)
        try service.startWorker()
        let result = try service.ended(id)["result"] as? [String: Any]
        #expect(result?["prediction"] as? String == "positive")
        #expect(try service.get("/health").json["status"] as? String == "healthy")
    }

    @Test func `an upload that breaks fails, and nothing of it hangs`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let upload = try RawUpload(url: service.url, path: "/predict/async?model=sentiment")
        // More than fits the small lane, so that the task is opened while the upload still runs.
        let row = "\"" + String(repeating: "a good film ", count: 40) + "\"\r\n"
        try upload.send("text\r\n" + String(repeating: row, count: 2_000))
        try service.wait("rows to arrive") { try service.get("/health").waitingRows > 0 }
        upload.close()
        try service.wait("the upload to be declared broken") { try service.get("/health").waitingRows == 0 }
        #expect(try service.get("/ready").status == 200)
    }

    @Test func `processes asked to stop finish in order and exit with 0`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        _ = try service.ended(try service.submit("fine"))
        for name in ["api", "worker"] {
            service.signal(name, SIGTERM)
            #expect(service.end(name) == 0)
            #expect(service.logText(name).contains("event=stopped"))
        }
    }
}

extension ServiceUnderTest.Answer {
    var waitingRows: Int { (json["queue"] as? [String: Any])?["rows_waiting"] as? Int ?? -1 }
}

/// A chunked upload that can be broken off at will.
final class RawUpload {
    let descriptor: Int32

    convenience init(url: String, path: String) throws {
        try self.init(url: url)
        try write(
            "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    init(url: String) throws {
        let port = UInt16(url.split(separator: ":").last!)!
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let outcome = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard outcome == 0 else { throw ServiceUnderTest.Failure(description: "no connection") }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends bytes as one chunk of the body.
    func send(_ bytes: some Collection<UInt8>) throws {
        try write(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0D, 0x0A])
    }

    func write(_ text: String) throws { try write(Array(text.utf8)) }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard written > 0 else { throw ServiceUnderTest.Failure(description: "the connection broke") }
            rest = rest.dropFirst(written)
        }
    }

    /// Everything that comes until the other side closes.
    func readAll() -> String {
        var bytes: [UInt8] = []
        while let more = readSome() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What comes next; nil when the other side has closed, or nothing came for long.
    func readSome() -> ArraySlice<UInt8>? {
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? buffer[..<count] : nil
    }

    func close() { Glibc.close(descriptor) }
}
