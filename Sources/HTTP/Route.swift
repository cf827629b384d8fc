/// Says which requests go to which handler.
package struct Route: Sendable {
    /// What answers a request, and how it takes the body.
    ///
    /// Where no body is expected and one comes, it is read and thrown away, up to a bound.
    package indirect enum Handler: Sendable {
        /// Answers on the connection's own thread: for point reads that take microseconds and never wait, because
        /// all connections of that thread stand still meanwhile. Twice as fast as ``asynchronous(_:)``.
        case immediate(@Sendable (HTTPRequest) throws -> HTTPResponse)
        /// Answers in a task, while the connection is suspended.
        case asynchronous(@Sendable (HTTPRequest) async throws -> HTTPResponse)
        /// One of the others, chosen by the request's head: a point read at once, the same with a wait in a task.
        ///
        /// What it throws is answered before the body comes, where the caller waits for a word before it sends it.
        case chosen(@Sendable (HTTPRequest) throws -> Handler)
        /// Answers in a task that begins when the whole body is there, decompressed, in memory.
        ///
        /// - `upTo`: bytes of the body, before and after decompression; more is answered 413.
        case collected(upTo: Int, @Sendable (HTTPRequest, [UInt8]) async throws -> HTTPResponse)
        /// The same on the connection's own thread, and after each wait on the thread that ended it, where the body is
        /// small: to hand the task over twice would cost more than what it does. It must never block or compute long.
        case prompt(upTo: Int, @Sendable (HTTPRequest, [UInt8]) async throws -> HTTPResponse)
        /// Answers in a task that begins with the body's first bytes and reads it as it comes.
        ///
        /// - `upTo`: bytes of the body, before and after decompression; reading more throws `bodyTooLarge`.
        case streamed(upTo: Int, @Sendable (HTTPRequest, HTTPBody) async throws -> HTTPResponse)
    }

    package var method: HTTPMethod
    /// A path whose segments in braces match anything: `/predict/async/{id}/results`.
    package var pattern: String
    package var handler: Handler
    /// The media types in which the route answers what goes well; a caller who accepts none of them is told 406.
    ///
    /// Empty for a route that has no body to give, or looks at `Accept` by itself.
    package var types: [String]
    /// Text added to the 405 answer of this path; empty to list only the allowed methods.
    package var advice: String

    package init(
        _ method: HTTPMethod, _ pattern: String, _ handler: Handler, types: [String] = ["application/json"],
        advice: String = ""
    ) {
        precondition(pattern.hasPrefix("/"), "a pattern begins with a slash")
        self.types = types
        self.advice = advice
        self.method = method
        self.pattern = pattern
        self.handler = handler
    }

    /// The pattern's segments.
    var segments: [Substring] { pattern.split(separator: "/") }

    /// The name in braces of a segment; nil for a segment that stands for itself.
    static func parameterName(of segment: Substring) -> String? {
        guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return nil }
        return String(segment.dropFirst().dropLast())
    }
}
