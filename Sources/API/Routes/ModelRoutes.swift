internal import Catalog
internal import Core
internal import HTTP
internal import Queue

/// `GET /models` and `GET /models/{name}`: what can be asked, and whether a worker can answer.
struct ModelRoutes {
    let context: APIContext

    var routes: [Route] {
        [
            Route(.get, "/models", .chosen { _ in context.pointRead { try list($0) } }),
            Route(.get, "/models/{name}", .chosen { _ in context.pointRead { try one($0) } }),
            Route(.get, "/models/{name}/info", .chosen { _ in context.pointRead { try one($0) } }),
        ]
    }

    private func list(_ request: HTTPRequest) throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let served = ServedModels(try context.workforce.models(), refused: context.catalog.refused)
        return .json(
            JSONWriter.write { json in
                json.object { json in
                    json.key("models")
                    json.array { json in
                        for model in context.catalog.models.compactMap(\.resolvedDefault) {
                            json.object { ModelMessage(resolved: model, served: served).writeSummary(to: &$0) }
                        }
                    }
                }
            })
    }

    private func one(_ request: HTTPRequest) throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let name = request.parameter("name")
        let resolved: ResolvedModel
        do {
            resolved = try context.catalog.find(model: name, version: nil)
        } catch let error as CatalogError {
            // A path that names nothing is a 404, where a body that does is a 422.
            throw APIError.modelNotFound(error.message)
        }
        let served = ServedModels(try context.workforce.models(), refused: context.catalog.refused)
        return .json(
            JSONWriter.write { json in
                ModelMessage(resolved: resolved, served: served).write(as: name, to: &json)
            })
    }
}

/// What the workers have, by model version.
struct ServedModels {
    private let byIdentity: [ModelIdentity: Workforce.Served]
    private let refused: [ModelIdentity: CatalogError]

    /// - Parameter refused: versions of the catalog that nobody may use.
    init(_ served: [Workforce.Served], refused: [ModelIdentity: CatalogError]) {
        self.refused = refused
        byIdentity = Dictionary(served.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Workers that can run a version.
    func workers(_ version: ResolvedModel) -> Int {
        byIdentity[version.identity]?.ready ?? 0
    }

    /// What runs a version; nil when no worker can.
    func engine(_ version: ResolvedModel) -> String? {
        byIdentity[version.identity]?.engine
    }

    /// Why no kernel runs a version, where one might have.
    func fallback(_ version: ResolvedModel) -> String? {
        byIdentity[version.identity]?.fallback
    }

    /// What is slow about a version's file, and the remedy; nil for nothing.
    func warning(_ version: ResolvedModel) -> String? { byIdentity[version.identity]?.warning }

    /// Why a version is refused, or a worker cannot run it; nil when all can.
    func reason(_ version: ResolvedModel) -> String? {
        refused[version.identity]?.message ?? byIdentity[version.identity]?.broken
    }
}
