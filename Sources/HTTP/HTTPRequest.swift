/// One request, its head decoded and checked.
///
/// Comes from: the server. Goes to: a route's handler.
package struct HTTPRequest: Sendable {
    package var method: HTTPMethod
    /// The target as it stood in the request line.
    package var target: String
    /// The decoded path: valid UTF-8 without NUL.
    package var path: String
    package var query: HTTPQuery
    package var headers: HTTPHeaders
    /// The caller's `X-Request-ID` where it may be echoed, else one of ours.
    package var requestID: String
    /// The address of the other end of the connection, without its port.
    package var remoteAddress: String
    /// The address of our end of the connection, without its port.
    package var localAddress: String
    /// Holds whatever the request has of something scarce; nil for a request that came over no connection.
    package var holder: (any ShareHolder)?
    /// The pattern of the route that was found, such as `/predict/async/{id}`; nil when there is none.
    package var route: String?
    /// What stands in the path where the pattern has braces, by name.
    package var parameters: [(name: String, value: String)]

    package init(
        method: HTTPMethod, target: String, path: String, query: HTTPQuery = HTTPQuery(),
        headers: HTTPHeaders = HTTPHeaders(), requestID: String, remoteAddress: String, localAddress: String = "",
        holder: (any ShareHolder)? = nil, route: String? = nil,
        parameters: [(name: String, value: String)] = []
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.headers = headers
        self.requestID = requestID
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        self.holder = holder
        self.route = route
        self.parameters = parameters
    }

    /// What stands in the path in place of `{name}`.
    ///
    /// - Precondition: the route's pattern has that name.
    package func parameter(_ name: String) -> String {
        guard let found = parameters.first(where: { $0.name == name }) else {
            preconditionFailure("the pattern of this route has no {\(name)}")
        }
        return found.value
    }
}
