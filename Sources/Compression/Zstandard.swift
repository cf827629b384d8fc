import CZstd
internal import Synchronization

/// Compresses and decompresses bytes that are in memory whole, in the Zstandard format.
///
/// Of text it makes what deflate makes of it, in a third of the time (docs/performance/BLOBS.md).
package enum Zstandard {
    /// Compresses at the fastest level that makes text half as long.
    package static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let context = compressors.take()
        defer { compressors.put(context) }
        return [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { target, count in
            count = ZSTD_compressCCtx(
                context.handle, target.baseAddress, target.count, bytes, bytes.count, level)
            precondition(ZSTD_isError(count) == 0, "there was room for whatever it makes")
        }
    }

    /// Reads what ``compress(_:)`` wrote.
    ///
    /// - Parameter count: how many bytes they were; no other number is taken, and no more memory.
    /// - Throws: ``CompressionError/corrupt``.
    package static func decompress(_ bytes: [UInt8], count: Int) throws -> [UInt8] {
        guard ZSTD_getFrameContentSize(bytes, bytes.count) == UInt64(count) else { throw CompressionError.corrupt }
        let context = decompressors.take()
        defer { decompressors.put(context) }
        var isWhole = false
        let result = [UInt8](unsafeUninitializedCapacity: count) { target, written in
            let found = ZSTD_decompressDCtx(context.handle, target.baseAddress, count, bytes, bytes.count)
            isWhole = ZSTD_isError(found) == 0 && found == count
            written = isWhole ? count : 0
        }
        guard isWhole else { throw CompressionError.corrupt }
        return result
    }

    private static let level: Int32 = 1
    private static let compressors = RestingContexts { Context(ZSTD_createCCtx()) { ZSTD_freeCCtx($0) } }
    private static let decompressors = RestingContexts { Context(ZSTD_createDCtx()) { ZSTD_freeDCtx($0) } }
}

/// Contexts of the library that no thread uses now: making one costs more than compressing a small text.
private final class RestingContexts: Sendable {
    /// As many as threads compress at once; what comes back beyond them is let go.
    private static let most = 4
    private let contexts = Mutex<[Context]>([])
    private let make: @Sendable () -> Context

    init(_ make: @escaping @Sendable () -> Context) { self.make = make }

    func take() -> Context { contexts.withLock { $0.popLast() } ?? make() }

    func put(_ context: Context) {
        contexts.withLock { if $0.count < Self.most { $0.append(context) } }
    }
}

private final class Context: @unchecked Sendable {  // @unchecked because whoever takes it has it alone
    let handle: OpaquePointer
    private let free: (OpaquePointer) -> Int

    init(_ handle: OpaquePointer?, free: @escaping (OpaquePointer) -> Int) {
        guard let handle else { preconditionFailure("out of memory") }
        (self.handle, self.free) = (handle, free)
    }

    deinit { _ = free(handle) }
}
