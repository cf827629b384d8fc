/// An address and a port to listen on: `127.0.0.1:8000`, `[::1]:8000`, `localhost:0`.
package struct ListenAddress: Sendable, Equatable {
    package let host: String
    package let port: UInt16

    /// - Parameter setting: which setting the text is of.
    /// - Throws: ``UsageError`` when the text is no address with a port.
    package init(_ text: String, of setting: Setting = .listen) throws {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw UsageError(
                "\(setting.name) (\(setting.option)) must be an address and a port, such as 127.0.0.1:8000.")
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            throw UsageError(
                "\(setting.name) (\(setting.option)) needs an address before the port, such as 127.0.0.1.")
        }
        self.init(host: String(host), port: port)
    }

    private init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// A worker's own door for metrics: a port alone is one of this machine's own address.
    ///
    /// - Throws: ``UsageError`` when the text is neither a port nor an address with one.
    package init(metrics text: String) throws {
        try self.init(UInt16(text) == nil ? text : "127.0.0.1:" + text, of: .metricsListen)
    }

    /// The address of the n-th of several like processes: the port goes up with it; any free port stays one.
    ///
    /// - Throws: ``UsageError`` when there is no such port.
    package func shifted(by number: Int) throws -> ListenAddress {
        if port == 0 { return self }
        guard let port = UInt16(exactly: Int(port) + number) else {
            throw UsageError("The port of \(Setting.metricsListen.name) leaves no room for \(number) workers above it.")
        }
        return ListenAddress(host: host, port: port)
    }

    /// The address as a setting's value.
    package var text: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

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
