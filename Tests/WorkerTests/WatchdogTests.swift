import Core
import Inference
import Synchronization
import TestSupport
import Testing

@testable import Worker

/// What becomes of a run that takes too long.
@Suite struct WatchdogTests {
    /// A model whose run ends only when it is released.
    private final class Stuck: Predictor {
        let identity = ModelIdentity(model: "stuck", version: "v1", digest: "00")
        let output = ModelOutput(kind: .regression)
        let engine = InferenceEngine.fused
        let runRows = 1
        let timeout: Duration
        let obeys: Bool
        let told = Mutex(0)
        private let release = StopSignal()

        init(timeout: Duration, obeys: Bool) {
            self.timeout = timeout
            self.obeys = obeys
        }

        struct Stopped: Error {}

        func predict(_ rows: Rows) throws -> Predictions {
            if release.wait(for: .seconds(20)) { throw Stopped() }
            return Predictions(count: 0, width: 1, values: [])
        }

        func terminate() {
            told.withLock { $0 += 1 }
            if obeys { letGo() }
        }

        func letGo() { release.raise() }
    }

    /// Runs a model under a watchdog.
    ///
    /// - Returns: how often the last resort was taken.
    private func hangs(of model: Stuck, grace: Duration) throws -> Int {
        let hangs = Mutex(0)
        let watchdog = Watchdog(
            clock: ManualClock().steady, grace: grace,
            onHang: {
                hangs.withLock { $0 += 1 }
                model.letGo()
            }, onTrouble: { Issue.record($0) })
        let thread = ServiceThread(name: "watchdog") { _ in watchdog.run() }
        defer {
            watchdog.close()
            thread.join()
        }
        #expect(throws: Stuck.Stopped.self) {
            try watchdog.watch(model) { try model.predict(Rows(count: 0, columns: [])) }
        }
        return hangs.withLock { $0 }
    }

    @Test func `a run beyond its time is told to stop, and its thread comes back`() throws {
        let model = Stuck(timeout: .zero, obeys: true)
        #expect(try hangs(of: model, grace: .seconds(20)) == 0)
        #expect(model.told.withLock { $0 } == 1)
    }

    @Test func `a run that does not stop when it is told to leaves only the last resort`() throws {
        let model = Stuck(timeout: .zero, obeys: false)
        #expect(try hangs(of: model, grace: .milliseconds(1)) == 1)
        #expect(model.told.withLock { $0 } == 1)
    }

    @Test func `a run in time is left alone, and so is the one after it`() throws {
        let model = Stuck(timeout: .seconds(3_600), obeys: true)
        let watchdog = Watchdog(clock: ManualClock().steady, onHang: { Issue.record("a hang") }, onTrouble: { _ in })
        let thread = ServiceThread(name: "watchdog") { _ in watchdog.run() }
        for number in 0..<1_000 { #expect(try watchdog.watch(model) { number } == number) }
        watchdog.close()
        thread.join()
        #expect(model.told.withLock { $0 } == 0)
    }

    /// The thread sleeps until a run's time is over even when that run has ended long before.
    @Test func `a run with less time than the one before it is told in its own time`() throws {
        let model = Stuck(timeout: .zero, obeys: true)
        let watchdog = Watchdog(clock: ManualClock().steady, onHang: { Issue.record("a hang") }, onTrouble: { _ in })
        let thread = ServiceThread(name: "watchdog") { _ in watchdog.run() }
        defer {
            watchdog.close()
            thread.join()
        }
        for _ in 0..<100 { try watchdog.watch(Stuck(timeout: .seconds(3_600), obeys: true)) {} }
        #expect(throws: Stuck.Stopped.self) {
            try watchdog.watch(model) { try model.predict(Rows(count: 0, columns: [])) }
        }
        #expect(model.told.withLock { $0 } == 1)
    }
}
