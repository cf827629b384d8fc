internal import COnnxRuntime
internal import Core

/// A tensor of ONNX Runtime, which owns its memory.
final class Tensor {
    let handle: OpaquePointer
    private let runtime: OnnxRuntime

    init(_ handle: OpaquePointer, runtime: OnnxRuntime) {
        self.handle = handle
        self.runtime = runtime
    }

    deinit { sibyl_ort_release_value(runtime.table, handle) }

    /// Makes a tensor of rows × columns of numbers and lets a closure fill it.
    convenience init<Number: BitwiseCopyable>(
        rows: Int, columns: Int, type: TensorType, runtime: OnnxRuntime,
        fill: (UnsafeMutableBufferPointer<Number>) -> Void
    ) throws {
        try self.init(rows: rows, columns: columns, type: type, runtime: runtime)
        fill(try numbers(Number.self, count: rows * columns))
    }

    /// Makes a tensor of rows × 1 texts.
    ///
    /// The texts are written into the library's own buffers: its other way of filling cuts texts at a NUL.
    ///
    /// - Parameter count: the tensor's rows: the last text again and again behind the others.
    convenience init(texts: TextColumn, rows: Range<Int>, filledUpTo count: Int, runtime: OnnxRuntime) throws {
        try self.init(rows: count, columns: 1, type: .string, runtime: runtime)
        try texts.bytes.withUnsafeBytes { source in
            for index in 0..<count {
                let text = texts.range(at: min(rows.lowerBound + index, rows.upperBound - 1))
                var target: UnsafeMutablePointer<CChar>?
                try runtime.check(
                    "resized_string_buffer",
                    sibyl_ort_resized_string_buffer(runtime.table, handle, index, text.count, &target))
                UnsafeMutableRawBufferPointer(start: target, count: text.count)
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[text]))
            }
        }
    }

    private convenience init(rows: Int, columns: Int, type: TensorType, runtime: OnnxRuntime) throws {
        let shape = [Int64(rows), Int64(columns)]
        let handle = try runtime.make("create_tensor") {
            sibyl_ort_create_tensor(runtime.table, runtime.allocator, shape, 2, type.rawValue, &$0)
        }
        self.init(handle, runtime: runtime)
    }

    /// The numbers of an answer, with its first dimension and what they were computed in.
    func answers() throws -> (rows: Int, values: [Double], precision: Precision) {
        let info = try runtime.make("tensor_info_of_value") {
            sibyl_ort_tensor_info_of_value(runtime.table, handle, &$0)
        }
        defer { sibyl_ort_release_tensor_info(runtime.table, info) }
        let (type, dimensions) = try runtime.shape(of: info)
        let count = try Self.count(dimensions)
        let (values, precision): ([Double], Precision) =
            switch TensorType(rawValue: type) {
            case .float: (try numbers(Float.self, count: count).map { Double($0) }, .single)
            case .double: (Array(try numbers(Double.self, count: count)), .double)
            case .int64: (try numbers(Int64.self, count: count).map { Double($0) }, .double)
            case .string, .bool, nil:
                throw InferenceError.refused(operation: "read", reason: "the output holds no numbers")
            }
        return (dimensions.first ?? 0, values, precision)
    }

    /// The elements of a shape, which the library has allocated; a scalar has one.
    private static func count(_ dimensions: [Int]) throws -> Int {
        try dimensions.reduce(1) { count, dimension in
            let (product, isOverflow) = count.multipliedReportingOverflow(by: dimension)
            guard dimension >= 0, !isOverflow else {
                throw InferenceError.refused(operation: "read", reason: "the output has no size")
            }
            return product
        }
    }

    private func numbers<Number: BitwiseCopyable>(
        _ type: Number.Type, count: Int
    ) throws -> UnsafeMutableBufferPointer<Number> {
        var data: UnsafeMutableRawPointer?
        try runtime.check("tensor_data", sibyl_ort_tensor_data(runtime.table, handle, &data))
        // An empty tensor may have no memory.
        return UnsafeMutableBufferPointer(
            start: data?.assumingMemoryBound(to: Number.self), count: data == nil ? 0 : count)
    }
}
