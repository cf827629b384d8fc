/// Finds the route of a request: a tree of path segments, built once.
///
/// A segment that stands for itself wins over one in braces. HEAD is answered by the route for GET.
package struct Router: Sendable {
    /// What was found for a path and a method.
    enum Match {
        case route(Route, parameters: [(name: String, value: String)])
        /// OPTIONS on a path that is there.
        case options(allowed: [String])
    }

    /// One place in the tree; places are named by their index, because a struct cannot hold itself.
    private struct Place: Sendable {
        var literals: [String: Int] = [:]
        var wildcard: Int?
        var routes: [HTTPMethod: Entry] = [:]
    }

    /// A route with the names of its segments in braces, which are the same for every request.
    private struct Entry: Sendable {
        var route: Route
        var parameterNames: [String]
    }

    /// Every route, aliases not counted.
    package let routes: [Route]
    private var places = [Place()]

    /// - Parameters:
    ///   - routes: at most one for each method and pattern.
    ///   - prefix: a path under which some routes answer too, such as `/api`; they keep their own pattern as name.
    ///   - isAliased: which routes those are.
    package init(
        _ routes: [Route], alsoUnder prefix: String = "", where isAliased: (Route) -> Bool = { _ in false }
    ) {
        self.routes = routes
        for route in routes {
            add(route, at: route.segments)
            if isAliased(route) { add(route, at: prefix.split(separator: "/") + route.segments) }
        }
    }

    private mutating func add(_ route: Route, at segments: [Substring]) {
        var place = 0
        for segment in segments {
            let isWildcard = Route.parameterName(of: segment) != nil
            let known = isWildcard ? places[place].wildcard : places[place].literals[String(segment)]
            if known == nil {
                if isWildcard {
                    places[place].wildcard = places.count
                } else {
                    places[place].literals[String(segment)] = places.count
                }
                places.append(Place())
            }
            place = known ?? places.count - 1
        }
        precondition(places[place].routes[route.method] == nil, "two routes for \(route.method) \(route.pattern)")
        places[place].routes[route.method] = Entry(
            route: route, parameterNames: route.segments.compactMap(Route.parameterName(of:)))
    }

    /// Finds the route of a request.
    ///
    /// - Throws: ``HTTPError/routeNotFound``, or ``HTTPError/methodNotAllowed(allowed:)`` for a known path.
    func match(_ method: HTTPMethod, _ target: RequestTarget) throws -> Match {
        if target.path == "*" {
            guard method == .options else { throw HTTPError.routeNotFound }
            return .options(allowed: HTTPMethod.allCases.map(\.rawValue))
        }
        var values: [String] = []
        guard let place = find(target.segments[...], from: 0, values: &values) else { throw HTTPError.routeNotFound }
        let routes = places[place].routes
        if let entry = routes[method] ?? (method == .head ? routes[.get] : nil) {
            let parameters = zip(entry.parameterNames, values).map { (name: $0, value: $1) }
            return .route(entry.route, parameters: parameters)
        }
        let allowed = Self.allowed(by: routes)
        guard method == .options else {
            let advice = routes.values.map(\.route.advice).first { !$0.isEmpty }
            throw HTTPError.methodNotAllowed(allowed: allowed, advice: advice ?? "")
        }
        return .options(allowed: allowed)
    }

    private func find(_ segments: ArraySlice<String>, from place: Int, values: inout [String]) -> Int? {
        guard let segment = segments.first else { return places[place].routes.isEmpty ? nil : place }
        if let next = places[place].literals[segment],
            let found = find(segments.dropFirst(), from: next, values: &values)
        {
            return found
        }
        guard let next = places[place].wildcard, !segment.isEmpty else { return nil }
        values.append(segment)
        if let found = find(segments.dropFirst(), from: next, values: &values) { return found }
        values.removeLast()
        return nil
    }

    private static func allowed(by routes: [HTTPMethod: Entry]) -> [String] {
        HTTPMethod.allCases.filter { method in
            routes[method] != nil || method == .options || (method == .head && routes[.get] != nil)
        }.map(\.rawValue)
    }
}
