import Core
import Foundation
import HTTP

/// A server for one test, with what it told its hooks.
final class ServerFixture: Sendable {
    let server: HTTPServer
    private let ledger = Ledger()

    init(
        _ routes: [Route], configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        alsoUnder prefix: String = "", clock: SteadyClock = .system,
        admit: @escaping @Sendable (HTTPRequest) throws -> Void = { _ in }
    ) throws {
        let hooks = HTTPServerHooks(
            clock: clock, requestIDSeed: 0xABCD, describe: describe, admit: admit,
            onFinish: { [ledger] summary in ledger.summaries.change { $0.append(summary) } })
        server = try HTTPServer(
            configuration, router: Router(routes, alsoUnder: prefix, where: { _ in !prefix.isEmpty }), hooks: hooks)
    }

    var port: UInt16 { server.port }

    func connect() throws -> RawClient { try RawClient(port: port) }

    /// The summaries of the requests that ended, once there are that many.
    func summaries(_ count: Int) throws -> [RequestSummary] {
        let all = ledger.summaries.wait(upTo: .seconds(5)) { $0.count >= count ? $0 : nil }
        guard let all else { throw RawClient.Failure(reason: "fewer than \(count) requests ended") }
        return all
    }

    /// What the server told, apart from the fixture so that the server's hooks do not hold the server.
    private final class Ledger: Sendable {
        let summaries = Monitor<[RequestSummary]>([])
    }
}

extension SteadyClock {
    static let system = SteadyClock {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// The statuses that these tests need; the real table belongs to the API.
private func describe(_ error: any Error) -> Problem {
    guard let error = error as? any CodedError else {
        return Problem(status: 500, code: .internalError, detail: "Something broke.")
    }
    let status =
        switch error.code {
        case .malformedRequest, .bodyIncomplete: 400
        case .forbidden: 403
        case .routeNotFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .targetTooLong: 414
        case .versionNotSupported: 505
        case .expectationFailed: 417
        case .bodyTooLarge: 413
        case .unsupportedEncoding, .unsupportedMediaType: 415
        case .invalidForm: 422
        case .headersTooLarge: 431
        case .queueFull, .shuttingDown: 503
        default: 500
        }
    return Problem(status: status, code: error.code, detail: error.message)
}

/// Runs a test's blocking calls on a thread of their own, because the server's tasks need the threads of tasks.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(ThreadExecutor()) { try work() }
}

/// Gives each piece of work a thread; it stays part of its task, so that what fails is told of the right test.
private final class ThreadExecutor: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// Serves routes for the time of a test.
func serving(
    _ routes: [Route], configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
    alsoUnder prefix: String = "", clock: SteadyClock = .system,
    admit: @escaping @Sendable (HTTPRequest) throws -> Void = { _ in },
    _ work: @escaping @Sendable (ServerFixture) throws -> Void
) async throws {
    let fixture = try ServerFixture(routes, configuration: configuration, alsoUnder: prefix, clock: clock, admit: admit)
    let result: Result<Void, any Error>
    do { result = .success(try await onThread { try work(fixture) }) } catch { result = .failure(error) }
    await fixture.server.stop(within: .milliseconds(200))
    try result.get()
}

/// A door that a handler waits at until a test opens it.
final class Door: Sendable {
    private let state = Monitor<(isOpen: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiters = state.change { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits, on a test's thread, until the door was opened.
    func waitUntilOpen() throws {
        let isOpen = state.wait(upTo: .seconds(5)) { $0.isOpen ? true : nil }
        if isOpen == nil { throw RawClient.Failure(reason: "the door stayed shut") }
    }
}
