import Core
import Foundation
import HTTP
import Synchronization

/// Callers that submit as fast as they are answered, whatever the answer, for a while.
final class OverloadingCallers: Sendable {
    /// What came back, over all callers.
    struct Tally {
        var statuses: [Int: Int] = [:]
        /// Answers that no caller should get, a few of them.
        var faults: [String] = []
        /// The ids of accepted tasks.
        var accepted: [String] = []
        var offeredRows = 0
        var acceptedRows = 0
    }

    private let url: String
    private let end: ContinuousClock.Instant
    private let state = Mutex(Tally())
    private let threads = Mutex<[ServiceThread]>([])

    init(url: String, for duration: Duration) {
        self.url = url
        end = .now + duration
    }

    /// Begins to call.
    ///
    /// - Parameters:
    ///   - body: a JSON body, the same each time.
    ///   - rows: the rows in it.
    func start(_ count: Int, _ method: HTTPMethod, _ path: String, _ body: String = "", rows: Int = 0) {
        let upload: HTTPUpload = body.isEmpty ? .none : .bytes(Array(body.utf8))
        for _ in 0..<count {
            let thread = ServiceThread(name: "caller") { [self] _ in
                let client = HTTPClient()
                while ContinuousClock.now < end { call(client, method, path, upload, rows: rows) }
            }
            threads.withLock { $0.append(thread) }
        }
    }

    /// Waits until the time is over.
    func finish() -> Tally {
        for thread in threads.withLock({ $0 }) { thread.join() }
        return state.withLock { $0 }
    }

    private func call(_ client: HTTPClient, _ method: HTTPMethod, _ path: String, _ body: HTTPUpload, rows: Int) {
        do {
            let answer = try client.send(
                method, url + path, headers: ["Content-Type": "application/json"], body: body, deadline: .seconds(60))
            let id = answer.status == 202 ? Self.id(of: answer.body) : nil
            state.withLock { tally in
                tally.statuses[answer.status, default: 0] += 1
                tally.offeredRows += rows
                if answer.status < 300 { tally.acceptedRows += rows }
                if let id { tally.accepted.append(id) }
                if let fault = Self.fault(of: answer, id: id) { tally.note("\(path): \(fault)") }
            }
        } catch {
            state.withLock { $0.note("\(path): \(error)") }
        }
    }

    /// What is wrong with an answer; nil when it is one that a caller can go by.
    private static func fault(of answer: HTTPClient.Answer, id: String?) -> String? {
        switch answer.status {
        case 200: return nil
        case 202: return id == nil ? "202 without an id" : nil
        case 429, 503: return answer.headers.first("Retry-After") == nil ? "\(answer.status) without Retry-After" : nil
        default: return "\(answer.status) \(String(decoding: answer.body.prefix(300), as: UTF8.self))"
        }
    }

    private static func id(of body: [UInt8]) -> String? {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["id"] as? String
    }
}

extension OverloadingCallers.Tally {
    fileprivate mutating func note(_ fault: String) {
        if faults.count < 10 { faults.append(fault) }
    }
}
