/// What runs a model.
package enum InferenceEngine: Sendable, Equatable {
    /// A kernel of ours, which computes the whole graph in one pass.
    case fused
    /// ONNX Runtime.
    ///
    /// - Parameter reason: why no kernel runs a model of one text; nil for any other model.
    case onnxRuntime(reason: String?)

    /// As operators read of it.
    package var name: String {
        switch self {
        case .fused: "fused"
        case .onnxRuntime: "onnxruntime"
        }
    }

    /// Why a model that a kernel might have run is left to ONNX Runtime.
    package var fallbackReason: String? {
        if case .onnxRuntime(let reason) = self { reason } else { nil }
    }
}
