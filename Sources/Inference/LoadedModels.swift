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

    /// - Parameter usesKernel: whether text models may run on the fused kernel.
    package init(_ catalog: Catalog, libraryPath: String?, usesKernel: Bool = true) {
        let runtime = Result { try OnnxRuntime(path: libraryPath) }
        for model in catalog.models {
            for version in model.versions {
                let resolved = ResolvedModel(model: model, version: version)
                do {
                    ready.append(try Self.predictor(of: resolved, runtime: runtime, usesKernel: usesKernel))
                } catch {
                    broken.append(Broken(resolved.identity, error))
                }
            }
        }
        for (name, error) in catalog.broken.sorted(by: { $0.key < $1.key }) {
            broken.append(Broken(ModelIdentity(model: name, version: "", digest: ""), error))
        }
    }

    /// A model of one text runs on the kernel when the kernel knows its graph, any other on ONNX Runtime.
    private static func predictor(
        of resolved: ResolvedModel, runtime: Result<OnnxRuntime, any Error>, usesKernel: Bool
    ) throws -> any Predictor {
        let file = try ModelFile.read(resolved)
        guard resolved.signature.isText else { return try OnnxPredictor(resolved, file: file, runtime: runtime.get()) }
        guard usesKernel else {
            return try OnnxPredictor(resolved, file: file, runtime: runtime.get(), reason: "the kernel is switched off")
        }
        do {
            return try TextPredictor(resolved, file: file)
        } catch let error as TextGraph.Unsuited {
            return try OnnxPredictor(resolved, file: file, runtime: runtime.get(), reason: error.reason)
        } catch is ProtobufReader.Malformed {
            return try OnnxPredictor(resolved, file: file, runtime: runtime.get(), reason: "its file cannot be read")
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
