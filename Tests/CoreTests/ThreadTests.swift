import Core
import Synchronization
import Testing

/// Long enough never to be reached by a test that passes.
private let patience = Duration.seconds(30)

@Suite struct LatchTests {
    @Test func `a raised latch lets everybody through for ever`() async {
        let latch = Latch()
        #expect(!latch.isRaised)
        #expect(!latch.wait(for: .zero))
        #expect(!latch.wait(for: .milliseconds(1)))
        latch.raise()
        latch.raise()
        #expect(latch.isRaised)
        #expect(latch.wait(for: .zero))
        #expect(latch.wait(for: .seconds(-1)))
        await latch.raised()
    }

    @Test func `raising wakes waiting threads and suspended tasks`() async {
        let latch = Latch()
        let threads = (0..<4).map { number in
            ServiceThread(name: "waiter-\(number)") { _ in latch.wait(for: patience) }
        }
        async let suspended: Void = latch.raised()
        latch.raise()
        await suspended
        for thread in threads { #expect(thread.join(for: patience)) }
    }

    @Test func `an action runs once, on raising or at once when it is late`() {
        let latch = Latch()
        let runs = Mutex<[String]>([])
        latch.whenRaised { runs.withLock { $0.append("early") } }
        #expect(runs.withLock { $0 } == [])
        latch.raise()
        latch.raise()
        #expect(runs.withLock { $0 } == ["early"])
        latch.whenRaised { runs.withLock { $0.append("late") } }
        #expect(runs.withLock { $0 } == ["early", "late"])
    }

    @Test func `an action may raise and ask the latch itself`() {
        let latch = Latch()
        let seen = Latch()
        latch.whenRaised {
            latch.raise()
            if latch.isRaised { seen.raise() }
        }
        latch.raise()
        #expect(seen.isRaised)
    }
}

@Suite struct SignalTests {
    @Test func `a raise before the wait is kept, and many count as one`() {
        let signal = Signal()
        signal.raise()
        signal.raise()
        #expect(signal.wait(for: .zero))
        #expect(!signal.wait(for: .zero))
    }

    @Test func `a raise wakes the thread that waits`() {
        let (request, answer) = (Signal(), Signal())
        let thread = ServiceThread(name: "echo") { stop in
            while request.wait(for: patience), !stop.isRaised { answer.raise() }
        }
        for _ in 0..<200 {
            request.raise()
            #expect(answer.wait(for: patience))
        }
        thread.stop()
        request.raise()
        #expect(thread.join(for: patience))
    }
}

@Suite struct MonitorTests {
    @Test func `changes of many threads are all kept`() {
        let count = Monitor(0)
        let threads = (0..<4).map { number in
            ServiceThread(name: "adder-\(number)") { _ in for _ in 0..<1_000 { count.change { $0 += 1 } } }
        }
        #expect(count.wait(upTo: patience) { $0 == 4_000 ? true : nil } == true)
        for thread in threads { #expect(thread.join(for: patience)) }
    }

    @Test func `a wait whose time is over gives nothing, and one of no time looks once`() {
        let value = Monitor(1)
        #expect(value.wait(upTo: .milliseconds(1)) { $0 == 2 ? $0 : nil } == nil)
        #expect(value.wait(upTo: .zero) { $0 } == 1)
        #expect(value.wait(upTo: .seconds(-5)) { $0 == 2 ? $0 : nil } == nil)
    }

    @Test func `the longest duration there is does not overflow`() {
        let isOpen = Monitor(false)
        let thread = ServiceThread(name: "opener") { _ in isOpen.change { $0 = true } }
        let longest = Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999)
        #expect(isOpen.wait(upTo: longest) { $0 ? true : nil } == true)
        #expect(thread.join(for: patience))
    }

    @Test func `an error inside leaves the lock free`() {
        struct Refused: Error {}
        let value = Monitor(1)
        #expect(throws: Refused.self) { try value.change { _ in throw Refused() } }
        #expect(value.withLock { $0 } == 1)
    }
}

@Suite struct ServiceThreadTests {
    @Test func `a thread runs until it is asked to stop and can be waited for both ways`() async {
        let started = Latch()
        let thread = ServiceThread(name: "a name of more than fifteen bytes") { stop in
            started.raise()
            stop.wait(for: patience)
        }
        #expect(started.wait(for: patience))
        #expect(!thread.join(for: .zero))
        thread.stop()
        await thread.joined()
        #expect(thread.join(for: .zero))
    }

    @Test func `a thread lives on when nobody holds it`() {
        let (go, done) = (Latch(), Latch())
        _ = ServiceThread(name: "alone") { _ in
            go.wait(for: patience)
            done.raise()
        }
        go.raise()
        #expect(done.wait(for: patience))
    }
}
