internal import COnnxRuntime

/// Asks a session for the names, types and shapes of its inputs and outputs.
struct SessionReader {
    let runtime: OnnxRuntime
    let session: OpaquePointer

    func inputs() throws -> [TensorInfo] {
        try count("input_count", sibyl_ort_input_count).map { index in
            try info(
                name: { sibyl_ort_input_name(runtime.table, session, index, runtime.allocator, &$0) },
                type: { sibyl_ort_input_type(runtime.table, session, index, &$0) })
        }
    }

    func outputs() throws -> [TensorInfo] {
        try count("output_count", sibyl_ort_output_count).map { index in
            try info(
                name: { sibyl_ort_output_name(runtime.table, session, index, runtime.allocator, &$0) },
                type: { sibyl_ort_output_type(runtime.table, session, index, &$0) })
        }
    }

    private func count(
        _ operation: String, _ call: (OrtTable?, OpaquePointer?, UnsafeMutablePointer<Int>?) -> OpaquePointer?
    ) throws -> Range<Int> {
        var count = 0
        try runtime.check(operation, call(runtime.table, session, &count))
        return 0..<count
    }

    private func info(
        name readName: (inout UnsafeMutablePointer<CChar>?) -> OpaquePointer?,
        type readType: (inout OpaquePointer?) -> OpaquePointer?
    ) throws -> TensorInfo {
        var characters: UnsafeMutablePointer<CChar>?
        try runtime.check("name", readName(&characters))
        let name = String(cString: characters!)
        try runtime.check("free", sibyl_ort_free(runtime.table, runtime.allocator, characters))
        let type = try runtime.make("type", readType)
        defer { sibyl_ort_release_type_info(runtime.table, type) }
        var tensor: OpaquePointer?
        try runtime.check("tensor_info_of_type", sibyl_ort_tensor_info_of_type(runtime.table, type, &tensor))
        // Sequences and maps have no tensor information.
        guard let tensor else { return TensorInfo(name: name, type: nil, dimensions: []) }
        let (element, dimensions) = try runtime.shape(of: tensor)
        return TensorInfo(name: name, type: TensorType(rawValue: element), dimensions: dimensions)
    }
}

extension OnnxRuntime {
    /// Reads the element type and the dimensions of a tensor's description.
    func shape(of info: OpaquePointer) throws -> (type: Int32, dimensions: [Int]) {
        var type: Int32 = 0
        var rank = 0
        try check("element_type", sibyl_ort_element_type(table, info, &type))
        try check("dimension_count", sibyl_ort_dimension_count(table, info, &rank))
        var dimensions = [Int64](repeating: 0, count: rank)
        try check("dimensions", sibyl_ort_dimensions(table, info, &dimensions, rank))
        return (type, dimensions.map { Int($0) })
    }
}
