import Core
import Core
import Foundation
import Glibc
import HTTP
import Synchronization

/// Callers that submit until told to stop, each submission again and again under its key until it is accepted.
final class RetryingCallers: Sendable {
    private struct State {
        var singles: [String] = []
        var tables: [String] = []
        var refusals: [String] = []
    }

    private let url: String
    private let state = Mutex(State())
    private let over = StopSignal()
    private let threads = Mutex<[ServiceThread]>([])

    /// How long a submission is tried: longer than any process takes to come back.
    private static let patience = Duration.seconds(60)

    init(url: String) { self.url = url }

    /// The ids of accepted single rows.
    var singles: [String] { state.withLock { $0.singles } }
    /// The ids of accepted tables.
    var tables: [String] { state.withLock { $0.tables } }
    /// Answers that no caller should get, and submissions that were never accepted.
    var refusals: [String] { state.withLock { $0.refusals } }

    /// Begins to submit single rows.
    ///
    /// - Parameter pause: between two of them, in milliseconds.
    func startSingles(_ name: String, pause: Int32) {
        start(name, pause: pause) { [self] number, client in
            let body = #"{"model":"sentiment","text":"review \#(number) of \#(name), which I love"}"#
            let id = submit("/predict/async", body, type: "application/json", key: "\(name)-\(number)", client)
            if let id { state.withLock { $0.singles.append(id) } }
        }
    }

    /// Begins to submit a table again and again.
    func startTables(_ csv: String, pause: Int32) {
        start("table", pause: pause) { [self] number, client in
            let path = "/predict/async?model=sentiment&id_column=id"
            let id = submit(path, csv, type: "text/csv", key: "table-\(number)", client)
            if let id { state.withLock { $0.tables.append(id) } }
        }
    }

    /// Stops, and waits until each submission that has begun was accepted.
    func stop() {
        over.raise()
        for thread in threads.withLock({ $0 }) { thread.join() }
    }

    private func start(_ name: String, pause: Int32, _ body: @escaping @Sendable (Int, HTTPClient) -> Void) {
        let thread = ServiceThread(name: name) { [over] _ in
            let client = HTTPClient()
            var number = 0
            repeat {
                body(number, client)
                number += 1
            } while !over.wait(for: .milliseconds(Int(pause)))
        }
        threads.withLock { $0.append(thread) }
    }

    private func submit(
        _ path: String, _ body: String, type: String, key: String, _ client: HTTPClient
    ) -> String? {
        let end = ContinuousClock.now + Self.patience
        while ContinuousClock.now < end {
            let answer = try? client.send(
                .post, url + path, headers: ["Content-Type": type, "Idempotency-Key": key],
                body: .bytes(Array(body.utf8)), deadline: .seconds(20))
            if let answer, answer.status == 202 { return Self.id(of: answer.body) }
            // 409: the first try is still under way, or its process was killed and not yet declared dead.
            if let answer, ![409, 503].contains(answer.status) {
                state.withLock {
                    $0.refusals.append("\(key): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
                }
                return nil
            }
            poll(nil, 0, 20)
        }
        state.withLock { $0.refusals.append("\(key): never accepted") }
        return nil
    }

    private static func id(of body: [UInt8]) -> String? {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["id"] as? String
    }
}
