package import Core

/// What a server asks of the room that uses it.
package struct HTTPServerHooks: Sendable {
    /// Measures how long requests take and connections wait.
    package var clock: SteadyClock
    /// A random number from which request ids are made.
    package var requestIDSeed: UInt64
    /// Looks at a request when its headers are there and its body is not: who may not come in is told so at once.
    ///
    /// Runs on the connection's own thread, as ``Route/Handler/immediate(_:)`` does.
    package var admit: @Sendable (HTTPRequest) throws -> Void
    /// Gives every error its status and words: the one place where errors become HTTP.
    package var describe: @Sendable (any Error) -> Problem
    /// Hears of every request that ended.
    package var onFinish: @Sendable (RequestSummary) -> Void
    /// Hears of every connection: 1 when it opens, -1 when it closes.
    package var onConnection: @Sendable (Int) -> Void

    package init(
        clock: SteadyClock, requestIDSeed: UInt64, describe: @escaping @Sendable (any Error) -> Problem,
        admit: @escaping @Sendable (HTTPRequest) throws -> Void = { _ in },
        onFinish: @escaping @Sendable (RequestSummary) -> Void = { _ in },
        onConnection: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.clock = clock
        self.requestIDSeed = requestIDSeed
        self.admit = admit
        self.describe = describe
        self.onFinish = onFinish
        self.onConnection = onConnection
    }
}
