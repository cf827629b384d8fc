package import Catalog
package import Core

/// All versions of all models of a catalog, each loaded and tested, or broken with a reason.
///
/// Broken ones take no other along.
package struct LoadedModels: Sendable {
    package var ready: [any Predictor] = []
    package var broken: [Broken] = []
    /// What was found of each text model without golden rows that the kernel knows.
    package private(set) var comparisons: [ModelIdentity: EngineComparison] = [:]

    /// A model version that cannot be served.
    package struct Broken: Sendable {
        package let identity: ModelIdentity
        package let code: ErrorCode
        package let message: String

        package init(identity: ModelIdentity, code: ErrorCode, message: String) {
            (self.identity, self.code, self.message) = (identity, code, message)
        }
    }

    /// - Parameters:
    ///   - usesKernel: whether text models may run on the fused kernel.
    ///   - test: throws when a version must not be loaded in this process.
    package init(
        _ catalog: Catalog, libraryPath: String?, usesKernel: Bool = true,
        allowing test: (ResolvedModel) throws -> Void = { _ in }
    ) {
        let loader = ModelLoader(libraryPath: libraryPath, usesKernel: usesKernel)
        for resolved in catalog.models.flatMap(\.resolved) where catalog.refused[resolved.identity] == nil {
            do {
                try test(resolved)
                let loaded = try loader.load(resolved)
                ready.append(loaded.predictor)
                comparisons[resolved.identity] = loaded.comparison
            } catch {
                broken.append(Broken(resolved.identity, error))
            }
        }
        broken += Self.broken(in: catalog)
    }

    /// What of a catalog can be served by nobody: models whose manifests cannot be used, and versions that are refused.
    package static func broken(in catalog: Catalog) -> [Broken] {
        catalog.models.flatMap(\.resolved).compactMap { version in
            catalog.refused[version.identity].map { Broken(version.identity, $0) }
        }
            + catalog.broken.sorted { $0.key < $1.key }.map { name, error in
                Broken(ModelIdentity(model: name, version: "", digest: ""), error)
            }
    }
}

extension LoadedModels.Broken {
    package init(_ identity: ModelIdentity, _ error: any Error) {
        let coded = error as? any CodedError
        self.init(
            identity: identity, code: coded?.code ?? .internalError,
            message: coded?.message ?? "The model could not be loaded.")
    }
}
