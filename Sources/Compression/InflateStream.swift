import CZlib

/// Owns one zlib decompressor.
///
/// Thread rule of zlib: a stream is used by one thread at a time, <https://zlib.net/zlib_faq.html#faq21>.
final class InflateStream {
    /// What one call brought about.
    enum Step {
        /// All room was filled, or more input is wanted.
        case running
        /// The compressed stream has ended; input may be left over.
        case ended
    }

    /// On the heap because zlib keeps the address of the structure it was initialized with.
    private let stream: UnsafeMutablePointer<z_stream>

    init(format: ZlibFormat) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = inflateInit2_(stream, format.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(code == Z_OK, "zlib could not be initialized: out of memory, or another version of it")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Makes the stream ready for another compressed stream.
    func restart() { inflateReset(stream) }

    /// Decompresses from input into room.
    ///
    /// - Parameters:
    ///   - input: compressed bytes; what was used is dropped from its front.
    ///   - limit: the greatest number of bytes to append.
    /// - Throws: ``CompressionError/corrupt``.
    func decompress(_ input: inout ArraySlice<UInt8>, into output: inout [UInt8], upTo limit: Int) throws -> Step {
        var code = Z_OK
        var used = 0
        let piece = input.withUnsafeBufferPointer { bytes in
            [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
                let offered = min(bytes.count, 1 << 30)
                stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
                stream.pointee.avail_in = UInt32(offered)
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(limit)
                code = inflate(stream, Z_NO_FLUSH)
                used = offered - Int(stream.pointee.avail_in)
                count = limit - Int(stream.pointee.avail_out)
            }
        }
        input = input.dropFirst(used)
        output.append(contentsOf: piece)
        switch code {
        case Z_OK, Z_BUF_ERROR: return .running
        case Z_STREAM_END: return .ended
        default: throw CompressionError.corrupt
        }
    }
}
