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
    }

    /// - Parameter usesKernel: whether text models may run on the fused kernel.
    package init(_ catalog: Catalog, libraryPath: String?, usesKernel: Bool = true) {
        let runtime = Result { try OnnxRuntime(path: libraryPath) }
        for resolved in catalog.models.flatMap(\.resolved) {
            do {
                if let reason = catalog.refused[resolved.identity] { throw reason }
                ready.append(try predictor(of: resolved, runtime: runtime, usesKernel: usesKernel))
            } catch {
                broken.append(Broken(resolved.identity, error))
            }
        }
        for (name, error) in catalog.broken.sorted(by: { $0.key < $1.key }) {
            broken.append(Broken(ModelIdentity(model: name, version: "", digest: ""), error))
        }
    }

    /// A model of one text runs on the kernel when the kernel knows its graph, any other on ONNX Runtime.
    private mutating func predictor(
        of resolved: ResolvedModel, runtime: Result<OnnxRuntime, any Error>, usesKernel: Bool
    ) throws -> any Predictor {
        let file = try ModelFile.read(resolved)
        guard resolved.signature.isText else { return try OnnxPredictor(resolved, file: file, runtime: runtime.get()) }
        let reason: String
        do {
            guard usesKernel else { throw TextGraph.Unsuited("the kernel is switched off") }
            let fused = try TextPredictor(resolved, file: file)
            if resolved.version.golden == nil { try compare(fused, resolved, file: file, runtime: runtime.get()) }
            return fused
        } catch let error as TextGraph.Unsuited {
            reason = error.reason
        } catch is ProtobufReader.Malformed {
            reason = "its file cannot be read"
        } catch InferenceError.selfTest(_, let row, let fault) {
            // The golden rows are the judge of ONNX Runtime too.
            reason = "the kernel fails its own test at golden row \(row): \(fault)"
        }
        return try OnnxPredictor(resolved, file: file, runtime: runtime.get(), reason: reason)
    }

    /// Compares the two engines on generated texts, where no golden rows are the judge.
    ///
    /// - Throws: `TextGraph.Unsuited` when they do not agree.
    private mutating func compare(
        _ fused: TextPredictor, _ resolved: ResolvedModel, file: [UInt8], runtime: OnnxRuntime
    ) throws {
        var texts = GeneratedTexts(of: try TextPredictor.graph(of: resolved, file), in: file)
        let comparison = try EngineComparison(
            of: fused, with: OnnxPredictor(resolved, file: file, runtime: runtime),
            on: texts.make(EngineComparison.textCount))
        comparisons[resolved.identity] = comparison
        guard comparison.isAgreement else {
            throw TextGraph.Unsuited("no golden rows tell which answers are right, and \(comparison.summary)")
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
