/// The element types of tensors that Sibyl fills or reads: ONNXTensorElementDataType.
enum TensorType: Int32, Sendable {
    case float = 1
    case int64 = 7
    case string = 8
    case bool = 9
    case double = 11

    var name: String {
        switch self {
        case .float: "float"
        case .int64: "int64"
        case .string: "string"
        case .bool: "bool"
        case .double: "double"
        }
    }
}

/// What a session says about one of its inputs or outputs.
struct TensorInfo: Sendable, Equatable {
    let name: String
    /// Nil for a type that Sibyl does not know, or for what is no tensor.
    let type: TensorType?
    /// The dimensions; -1 for one that is not fixed.
    let dimensions: [Int]
}
