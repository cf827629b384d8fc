package import Catalog
package import Core

/// All versions of all models of a catalog, each loaded and tested, or broken with a reason.
///
/// Broken ones take no other along.
package struct LoadedModels: Sendable {
    package var ready: [any Predictor] = []
    package var broken: [Broken] = []

    /// A model version that cannot be served.
    package struct Broken: Sendable {
        package let identity: ModelIdentity
        package let code: ErrorCode
        package let message: String
    }

    package init(_ catalog: Catalog, libraryPath: String?) {
        let runtime = Result { try OnnxRuntime(path: libraryPath) }
        for model in catalog.models {
            for version in model.versions {
                let resolved = ResolvedModel(model: model, version: version)
                do {
                    ready.append(try OnnxPredictor(resolved, runtime: runtime.get()))
                } catch {
                    broken.append(Broken(resolved.identity, error))
                }
            }
        }
        for (name, error) in catalog.broken.sorted(by: { $0.key < $1.key }) {
            broken.append(Broken(ModelIdentity(model: name, version: "", digest: ""), error))
        }
    }
}

extension LoadedModels.Broken {
    fileprivate init(_ identity: ModelIdentity, _ error: any Error) {
        let coded = error as? any CodedError
        self.init(
            identity: identity, code: coded?.code ?? .internalError,
            message: coded?.message ?? "The model could not be loaded.")
    }
}
