package import Core

/// What became of one request, for logs and metrics.
///
/// Comes from: the server, once for every request whose target was read. Goes to: the log and the metrics.
package struct RequestSummary: Sendable {
    /// The method as a bounded name: `OTHER` for one that is not served.
    package var method: String
    /// The pattern of the route, never the path; nil when none was found.
    package var route: String?
    /// The status that was sent; nil when the connection ended before there was one.
    package var status: Int?
    /// Why it was refused; nil for an answer that is no refusal.
    package var code: ErrorCode?
    /// The time from the end of the headers to the last byte of the answer.
    package var duration: Duration
    /// Bytes of the answer's body, as sent.
    package var sentBytes: Int
    package var requestID: String
    package var remoteAddress: String
    /// Whether the answer was sent to its end.
    package var isComplete: Bool

    package init(
        method: String, route: String?, status: Int?, duration: Duration, sentBytes: Int, requestID: String,
        remoteAddress: String, isComplete: Bool
    ) {
        self.method = method
        self.route = route
        self.status = status
        self.duration = duration
        self.sentBytes = sentBytes
        self.requestID = requestID
        self.remoteAddress = remoteAddress
        self.isComplete = isComplete
    }
}
