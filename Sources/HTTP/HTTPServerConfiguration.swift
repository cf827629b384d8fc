import Core

/// What a server listens on, and its bounds.
package struct HTTPServerConfiguration: Sendable {
    /// A certificate with its key, both PEM texts; the certificate may bring its chain.
    package struct TLS: Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// A numeric address or a host name.
    package var host: String
    /// 0 for any free port.
    package var port: UInt16
    /// Threads that serve connections, at least 1.
    package var threads: Int
    /// Open connections over all threads; more wait in the kernel.
    package var connections: Int
    /// How long a connection may be idle between requests, or a body make no progress; at least one second.
    package var idle: Duration
    /// How long a request's head may take from the connection's start, or from its own first line.
    package var headerDeadline: Duration
    /// Bytes of bodies that are held whole, beside the first of each; more are answered 503.
    package var wholeBodyBytes: Int
    /// Bytes of answers on their way, beside the first of each; more are answered 503.
    package var answerBytes: Int
    /// TLS 1.2 and 1.3; nil for plain HTTP.
    package var tls: TLS?

    package init(
        host: String = "127.0.0.1", port: UInt16 = 0, threads: Int = 2, connections: Int = Limits.connections,
        idle: Duration = Limits.connectionIdle, headerDeadline: Duration = Limits.headerDeadline,
        wholeBodyBytes: Int = Limits.wholeBodyBytes, answerBytes: Int = Limits.answerBytes, tls: TLS? = nil
    ) {
        self.host = host
        self.port = port
        self.threads = threads
        self.connections = connections
        self.idle = idle
        self.headerDeadline = headerDeadline
        self.wholeBodyBytes = wholeBodyBytes
        self.answerBytes = answerBytes
        self.tls = tls
    }
}
