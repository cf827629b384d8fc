/// An address and a port to listen on: `127.0.0.1:8000`, `[::1]:8000`, `localhost:0`.
package struct ListenAddress: Sendable, Equatable {
    package let host: String
    package let port: UInt16

    /// - Throws: ``UsageError`` when the text is no address with a port.
    package init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError("SIBYL_LISTEN (--listen) must be an address and a port, such as 127.0.0.1:8000.")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            throw UsageError("SIBYL_LISTEN (--listen) needs an address before the port, such as 127.0.0.1.")
        }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return host == "localhost" || host == "::1"
            || (numbers.count == 4 && numbers[0] == 127 && !numbers.contains(nil))
    }

    /// The address as it stands in a URL.
    package func url(port: UInt16) -> String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    /// Refuses an address that others can reach while callers need no key, unless that was said.
    ///
    /// - Parameter auth: the setting `SIBYL_AUTH`; nil when it was not given.
    package func checkOpenness(auth: String?) throws {
        if auth == "required" {
            throw UsageError("SIBYL_AUTH=required cannot be kept: there are no keys yet; listen on 127.0.0.1.")
        }
        if !isLoopback, auth != "off" {
            throw UsageError(
                "Anyone who reaches \(host) could use the service: listen on 127.0.0.1, or say SIBYL_AUTH=off.")
        }
    }
}
