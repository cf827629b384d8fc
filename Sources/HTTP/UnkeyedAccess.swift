package import Core

/// Decides which requests may come in while callers need no key: those of programs, not those of foreign web pages.
///
/// A web page can make its visitor's browser send requests to this machine. The browser says in `Origin` and
/// `Sec-Fetch-Site` that another site asks. A page whose own name was made to resolve to this machine (DNS rebinding) counts
/// as the same site, but its name stands in `Host`. Every route is guarded alike: reading must not be possible either.
///
/// Comes from: the settings of a process that serves. Goes to: its server's `admit` hook.
package struct UnkeyedAccess: Sendable {
    /// Names and addresses of the service beside those of the loopback network.
    private let names: [Authority]

    /// - Parameters:
    ///   - host: what the server listens on.
    ///   - names: further names; one with a port counts with that port alone.
    package init(listeningOn host: String, names: [Authority]) {
        let own = Authority(host.contains(":") ? "[\(host)]" : host)
        self.names = (own.map { [Authority(host: $0.host)] } ?? []) + names
    }

    /// - Throws: ``HTTPError``: `malformed`, `foreignHost`, `foreignSite` or `forwarded`.
    package func check(_ request: HTTPRequest) throws {
        let headers = request.headers
        // What a proxy brought comes from elsewhere, whatever its own address.
        let isForwarded = headers.fields.contains { field in
            field.name.equalsIgnoringCase("forwarded") || field.name.beginsIgnoringCase("x-forwarded-")
        }
        if isForwarded { throw HTTPError.forwarded }
        var hosts = try headers.all("Host").map { try Self.authority($0, "its Host header") }
        // The authority of a target in absolute form stands in for Host (RFC 9112, section 3.2.2).
        if let text = RequestTarget.authority(of: request.target) {
            hosts.insert(try Self.authority(text, "the target's host"), at: 0)
        }
        guard hosts.allSatisfy({ isOurs($0, request) }) else { throw HTTPError.foreignHost }
        // A request of HTTP/1.0 may name no host. No browser sends such a request, so that no page can be behind it.
        guard comesFromOwnPage(headers, host: hosts.first) || isVisit(request) else { throw HTTPError.foreignSite }
    }

    private static func authority(_ text: some StringProtocol, _ place: String) throws -> Authority {
        guard let authority = Authority(text) else {
            throw HTTPError.malformed("\(place) is not a host name with an optional port")
        }
        return authority
    }

    /// Whether a host is a name of this service.
    ///
    /// Of a server that listens on all addresses, the address that the caller connected to is one: an address is never
    /// rebound, since a page that bears it came from there.
    private func isOurs(_ host: Authority, _ request: HTTPRequest) -> Bool {
        host.isLoopback || host.host == request.localAddress
            || names.contains { $0.host == host.host && ($0.port == nil || $0.port == host.port ?? Self.defaultPort) }
    }

    /// Whether no page sent the request, or one that this service gave.
    private func comesFromOwnPage(_ headers: HTTPHeaders, host: Authority?) -> Bool {
        headers.all("Sec-Fetch-Site").allSatisfy { $0 == "same-origin" || $0 == "none" }
            && headers.all("Origin").allSatisfy { origin in
                guard let host, origin.beginsIgnoringCase(Self.scheme), let own = Authority(origin.dropFirst(7)) else {
                    return false
                }
                return own.host == host.host
                    && own.port ?? Self.defaultPort == host.port ?? Self.defaultPort
            }
    }

    /// Whether somebody followed a link to the service's first page.
    ///
    /// Such a link stands in wikis and mails. The page that holds it cannot read the answer, and the path changes nothing.
    /// Not within a frame, where a page could lay itself over ours; and no other path: only the first page is made for people.
    private func isVisit(_ request: HTTPRequest) -> Bool {
        (request.method == .get || request.method == .head) && request.path == "/"
            && request.headers.first("Sec-Fetch-Mode") == "navigate"
            && request.headers.first("Sec-Fetch-Dest") == "document" && request.headers.first("Origin") == nil
    }

    private static let scheme = "http://"
    private static let defaultPort: UInt16 = 80
}
