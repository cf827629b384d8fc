internal import Glibc

/// Guards a value with a lock on which threads can wait for the value to change.
///
/// The standard library's `Mutex` has no condition variable, and threads that serve C calls must be able to sleep
/// until there is work. Waits count on the monotonic clock, so a jump of the wall clock neither cuts nor stretches them.
///
/// Never hold it across a slow call, and never wait on the cooperative pool: both stop other people's work.
package final class Monitor<State: Sendable>: @unchecked Sendable {  // @unchecked because a lock guards the state
    /// Memory of its own, not a stored property: while a thread waits, others change the value, and each look must be
    /// an access of its own.
    ///
    /// One `inout` held across the wait would let the optimizer keep the value it saw first.
    private let state = UnsafeMutablePointer<State>.allocate(capacity: 1)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init(_ state: State) {
        self.state.initialize(to: state)
        var attributes = pthread_condattr_t()
        Self.check(pthread_condattr_init(&attributes), "pthread_condattr_init")
        Self.check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC), "pthread_condattr_setclock")
        Self.check(pthread_mutex_init(mutex, nil), "pthread_mutex_init")
        Self.check(pthread_cond_init(condition, &attributes), "pthread_cond_init")
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        state.deinitialize(count: 1)
        state.deallocate()
        condition.deallocate()
        mutex.deallocate()
    }

    /// Reads the value, or changes it in a way for which nobody waits.
    package func withLock<Answer>(_ body: (inout State) throws -> Answer) rethrows -> Answer {
        Self.check(pthread_mutex_lock(mutex), "pthread_mutex_lock")
        defer { Self.check(pthread_mutex_unlock(mutex), "pthread_mutex_unlock") }
        return try body(&state.pointee)
    }

    /// Changes the value and wakes every waiter, who then looks again.
    package func change<Answer>(_ body: (inout State) throws -> Answer) rethrows -> Answer {
        try withLock { state in
            defer { Self.check(pthread_cond_broadcast(condition), "pthread_cond_broadcast") }
            return try body(&state)
        }
    }

    /// Waits until a test of the value gives an answer.
    ///
    /// - Parameters:
    ///   - limit: how long to wait; zero or less looks once, more than thirty years counts as thirty years.
    ///   - test: gives nil to wait on. It runs with the lock held, again after each change.
    /// - Returns: the first answer; nil when the time is over.
    package func wait<Answer>(upTo limit: Duration, until test: (inout State) -> Answer?) -> Answer? {
        Self.check(pthread_mutex_lock(mutex), "pthread_mutex_lock")
        defer { Self.check(pthread_mutex_unlock(mutex), "pthread_mutex_unlock") }
        if let answer = test(&state.pointee) { return answer }
        guard limit > .zero else { return nil }
        var deadline = timespec(monotonicIn: limit)
        while true {
            let outcome = pthread_cond_timedwait(condition, mutex, &deadline)
            if let answer = test(&state.pointee) { return answer }
            if outcome == ETIMEDOUT { return nil }
            Self.check(outcome, "pthread_cond_timedwait")
        }
    }

    /// Ends the process: these calls fail only when this file is wrong, and going on would corrupt what they guard.
    private static func check(_ outcome: Int32, _ operation: StaticString) {
        precondition(outcome == 0, "\(operation) failed with error \(outcome)")
    }
}

extension timespec {
    /// The moment of the monotonic clock that lies a positive duration ahead.
    fileprivate init(monotonicIn duration: Duration) {
        self.init()
        clock_gettime(CLOCK_MONOTONIC, &self)
        let (seconds, attoseconds) = min(duration, .seconds(1_000_000_000)).components
        let nanoseconds = tv_nsec + Int(attoseconds / 1_000_000_000)
        tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        tv_nsec = nanoseconds % 1_000_000_000
    }
}
