internal import COnnxRuntime
internal import Core
internal import Glibc

/// ONNX Runtime, opened at run time: one environment a process, never closed.
///
/// The library's table of functions and its environment may be used by any thread
/// (<https://onnxruntime.ai/docs/api/c/>).
package final class OnnxRuntime: @unchecked Sendable {  // @unchecked because the table and the environment never change
    let table: OrtTable
    let environment: OpaquePointer
    let allocator: OpaquePointer
    let memory: OpaquePointer
    /// The library's version, such as `1.31.1`.
    package let version: String

    /// Opens the library.
    ///
    /// - Parameter path: where it is; nil looks beside the working folder and the program, and in the system.
    /// - Throws: ``InferenceError/libraryMissing(tried:)``, ``InferenceError/libraryTooOld(version:)``.
    package init(path: String?) throws {
        // From 1.29 on its Linux builds tell their makers about the machine and its models unless this is set before they
        // start (<https://github.com/microsoft/onnxruntime/pull/29843>).
        setenv("ORT_DISABLE_TELEMETRY", "1", 1)
        let candidates = path.map { [$0] } ?? Self.candidates
        guard let library = candidates.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first,
            let symbol = dlsym(library, "OrtGetApiBase"), let base = sibyl_ort_call_base(symbol)
        else { throw InferenceError.libraryMissing(tried: candidates) }
        version = base.pointee.version().map { String(cString: $0) } ?? "unknown"
        guard let table = base.pointee.table(UInt32(SIBYL_ORT_API_VERSION)) else {
            throw InferenceError.libraryTooOld(version: version)
        }
        self.table = table
        environment = try Self.make(table, "create_env") {
            sibyl_ort_create_env(table, Int32(SIBYL_ORT_LOG_FATAL), "sibyl", &$0)
        }
        allocator = try Self.make(table, "default_allocator") { sibyl_ort_default_allocator(table, &$0) }
        memory = try Self.make(table, "create_cpu_memory_info") {
            sibyl_ort_create_cpu_memory_info(
                table, Int32(SIBYL_ORT_ALLOCATOR_DEVICE), Int32(SIBYL_ORT_MEMORY_DEFAULT), &$0)
        }
    }

    private static var candidates: [String] {
        var candidates = [".tools/onnxruntime/libonnxruntime.so"]
        var buffer = [CChar](repeating: 0, count: 4_096)
        if readlink("/proc/self/exe", &buffer, buffer.count - 1) > 0 {
            let program = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = program.lastIndex(of: "/").map { String(program[..<$0]) } ?? "."
            // A build's products lie in .build/<triple>/<configuration> of the checkout.
            candidates += ["", "/../lib", "/../../../.tools/onnxruntime"].map { "\(folder)\($0)/libonnxruntime.so" }
        }
        return candidates + ["libonnxruntime.so.1", "libonnxruntime.so"]
    }

    // MARK: Calls

    /// Calls a function that makes an object.
    func make(_ operation: String, _ call: (inout OpaquePointer?) -> OpaquePointer?) throws -> OpaquePointer {
        try Self.make(table, operation, call)
    }

    private static func make(
        _ table: OrtTable, _ operation: String, _ call: (inout OpaquePointer?) -> OpaquePointer?
    ) throws -> OpaquePointer {
        var object: OpaquePointer?
        try check(table, operation, call(&object))
        return object!
    }

    /// Turns a status into an error; the status is freed.
    func check(_ operation: String, _ status: OpaquePointer?) throws { try Self.check(table, operation, status) }

    private static func check(_ table: OrtTable, _ operation: String, _ status: OpaquePointer?) throws {
        guard let status else { return }
        defer { sibyl_ort_release_status(table, status) }
        throw InferenceError.refused(
            operation: operation, reason: String(cString: sibyl_ort_error_message(table, status)))
    }
}
