package import Catalog
internal import Core

/// Loads one version of a model after the other, and tests each.
///
/// Shared by threads.
package struct ModelLoader: Sendable {
    private let runtime: Result<OnnxRuntime, any Error>
    private let usesKernel: Bool

    /// A version that can be served.
    package struct Loaded: Sendable {
        package let predictor: any Predictor
        /// What was found of a text model without golden rows that the kernel knows.
        package var comparison: EngineComparison?
    }

    /// - Parameters:
    ///   - libraryPath: of ONNX Runtime; nil where it usually is.
    ///   - usesKernel: whether text models may run on the fused kernel.
    package init(libraryPath: String?, usesKernel: Bool = true) {
        runtime = Result { try OnnxRuntime(path: libraryPath) }
        self.usesKernel = usesKernel
    }

    /// The library's version; nil when it cannot be opened.
    package var runtimeVersion: String? { (try? runtime.get())?.version }  // try? because nil says it

    /// Loads a version and runs its own test.
    ///
    /// A model of one text runs on the kernel when the kernel knows its graph, any other on ONNX Runtime.
    ///
    /// - Throws: ``InferenceError``.
    package func load(_ resolved: ResolvedModel) throws -> Loaded {
        let file = try ModelFile.read(resolved)
        guard resolved.signature.isText else {
            return Loaded(predictor: try OnnxPredictor(resolved, file: file, runtime: runtime.get()))
        }
        var comparison: EngineComparison?
        let reason: String
        do {
            guard usesKernel else { throw TextGraph.Unsuited("the kernel is switched off") }
            let fused = try TextPredictor(resolved, file: file)
            if resolved.version.golden == nil { comparison = try compare(fused, resolved, file: file) }
            guard let disagreement = comparison.flatMap({ $0.isAgreement ? nil : $0.summary }) else {
                return Loaded(predictor: fused, comparison: comparison)
            }
            reason = "no golden rows tell which answers are right, and \(disagreement)"
        } catch let error as TextGraph.Unsuited {
            reason = error.reason
        } catch is ProtobufReader.Malformed {
            reason = "its file cannot be read"
        } catch InferenceError.selfTest(_, let row, let fault) {
            // The golden rows are the judge of ONNX Runtime too.
            reason = "the kernel fails its own test at golden row \(row): \(fault)"
        }
        return Loaded(
            predictor: try OnnxPredictor(resolved, file: file, runtime: runtime.get(), reason: reason),
            comparison: comparison)
    }

    /// Compares the two engines on generated texts, where no golden rows are the judge.
    private func compare(_ fused: TextPredictor, _ resolved: ResolvedModel, file: [UInt8]) throws -> EngineComparison {
        var texts = GeneratedTexts(of: try TextPredictor.graph(of: resolved, file), in: file)
        return try EngineComparison(
            of: fused, with: OnnxPredictor(resolved, file: file, runtime: runtime.get()),
            on: texts.make(EngineComparison.textCount))
    }
}
