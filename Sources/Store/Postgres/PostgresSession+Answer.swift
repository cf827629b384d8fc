internal import CPostgres
internal import Core
internal import Glibc

/// The one place that waits for a server's answer.
///
/// The library's own calls wait for ever: the kernel of a server whose process stands still goes on acknowledging what it
/// gets, so that no time limit of the network ends the wait.
extension PostgresSession {
    /// Sends one command, and waits for all its answers.
    ///
    /// - Parameter send: a call of the library that sends and does not wait; it returns 1 when it could.
    /// - Returns: the last answer, which the caller clears; nil when nothing could be sent.
    func exchange(_ send: () -> Int32) -> OpaquePointer? {
        guard send() == 1 else { return nil }
        var last: OpaquePointer?
        while let answer = nextAnswer() {
            PQclear(last)
            last = answer
        }
        return last
    }

    /// Waits for the next answer, and closes the connection when none comes in time.
    ///
    /// - Returns: the answer, which the caller clears; nil after the last one of a command. That of a connection which was
    ///   closed is an error.
    func nextAnswer() -> OpaquePointer? {
        if !isAnswerThere(until: .now + patience) {
            isOverdue = true
            // From here on the library finds the connection closed, and waits no more.
            shutdown(socket, Int32(SHUT_RDWR))
        }
        return PQgetResult(handle)
    }

    /// - Returns: false when the time is over.
    private func isAnswerThere(until end: ContinuousClock.Instant) -> Bool {
        while !isLost {
            let unsent = PQflush(handle)
            // What fails here is told with the answer.
            if unsent < 0 || unsent == 0 && PQisBusy(handle) == 0 { return true }
            let left = end - .now
            if left <= .zero { return false }
            let events = Int16(POLLIN) | (unsent > 0 ? Int16(POLLOUT) : 0)
            var wanted = pollfd(fd: socket, events: events, revents: 0)
            _ = poll(&wanted, 1, Int32(clamping: left.wholeMilliseconds + 1))
            if wanted.revents & ~Int16(POLLOUT) != 0, PQconsumeInput(handle) == 0 { return true }
        }
        return true
    }

    /// What the library says of its last error; the wait for an answer is ours, and the library knows nothing of it.
    var libraryMessage: String {
        isOverdue ? "the server did not answer within \(patience)" : String(cString: PQerrorMessage(handle))
    }
}

extension Connection {
    /// Lets statements take as long as a look at whole tables may.
    func allowLongStatements() throws {
        guard let session = session as? PostgresSession else { return }
        let time = Limits.longStatementTime
        try execute(script: "SET statement_timeout = \(time.wholeMilliseconds)")
        session.patience = time + Limits.answerMargin
    }
}
