import Foundation
import Glibc
import TestSupport
import Testing

/// Several processes on one database.
@Suite(.serialized) struct ContentionTests {
    @Test func `two APIs and two workers under load lose nothing, double nothing and never say locked`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.start("second api", ["api", "--listen", "127.0.0.1:0"])
        try service.startWorker("one")
        try service.startWorker("two")
        let csv = try ServiceUnderTest.reviews
        var tasks: [String] = []
        for round in 0..<5 {
            let answer = try service.post("/predict/async?model=sentiment&id_column=id", csv, type: "text/csv")
            tasks.append(try #require(answer.json["id"] as? String))
            for number in 0..<40 { tasks.append(try service.submit("review \(round) \(number)")) }
        }
        for id in tasks { #expect(try service.ended(id)["status"] as? String == "completed") }
        for id in tasks where try service.get("/predict/async/\(id)").rows("total") == 1_000 {
            #expect(try service.resultRows(id) == Array(0..<1_000))
        }
        #expect(try service.get("/health").waitingRows == 0)
        for name in ["api", "second api", "one", "two"] { #expect(!service.logText(name).contains("locked")) }
    }

    @Test func `up starts a killed worker again and ends with everything it started`() throws {
        let service = ServiceUnderTest()
        let ready = service.folder.path + "/url"
        try service.start("up", ["up", "--workers", "1", "--listen", "127.0.0.1:0", "--ready-file", ready])
        let children = try service.children(of: "up", count: 2)
        let worker = try #require(children.first { $0.words.contains("worker") })
        kill(worker.pid, SIGKILL)
        try service.wait("another worker") {
            try service.children(of: "up", count: 2).contains { $0.words.contains("worker") && $0.pid != worker.pid }
        }
        let last = try service.children(of: "up", count: 2)
        service.signal("up", SIGTERM)
        #expect(service.end("up") == 0)
        for child in last { #expect(kill(child.pid, 0) == -1) }
    }

    @Test func `up gives up at once when its address is taken`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let port = try #require(service.url.split(separator: ":").last)
        try service.start("up", ["up", "--workers", "1", "--listen", "127.0.0.1:\(port)"])
        #expect(service.end("up") == 64)
        #expect(service.logText("up").contains("is in use"))
        #expect(try service.get("/live").status == 200)
    }

    @Test func `the children of a killed up stop by themselves`() throws {
        let service = ServiceUnderTest()
        try service.start("up", ["up", "--workers", "1", "--listen", "127.0.0.1:0"])
        let children = try service.children(of: "up", count: 2)
        service.signal("up", SIGKILL)
        service.end("up")
        try service.wait("the children to end") { children.allSatisfy { kill($0.pid, 0) == -1 } }
    }
}

extension ServiceUnderTest.Answer {
    func rows(_ name: String) -> Int { (json["rows"] as? [String: Any])?[name] as? Int ?? -1 }
}

extension ServiceUnderTest {
    struct Child {
        let pid: Int32
        let words: [String]
    }

    /// The children that a process logged, once there are as many as wanted alive.
    func children(of name: String, count: Int) throws -> [Child] {
        var alive: [Child] = []
        try wait("\(count) children") {
            let pids = logText(name).split(separator: "\n").filter { $0.contains("process started") }.compactMap {
                line in
                line.split(separator: " ").first { $0.hasPrefix("child=") }.flatMap { Int32($0.dropFirst(6)) }
            }
            alive = pids.filter { kill($0, 0) == 0 }.map { pid in
                let line = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
                return Child(pid: pid, words: line.split(separator: "\0").map(String.init))
            }
            return alive.count == count && alive.allSatisfy { $0.words.count > 1 }
        }
        return alive
    }
}
