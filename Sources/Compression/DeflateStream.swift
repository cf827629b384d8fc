import CZlib

/// Owns one zlib compressor.
///
/// Thread rule of zlib: a stream is used by one thread at a time, <https://zlib.net/zlib_faq.html#faq21>.
final class DeflateStream {
    /// On the heap because zlib keeps the address of the structure it was initialized with.
    private let stream: UnsafeMutablePointer<z_stream>

    init(format: ZlibFormat, level: Int) {
        precondition((1...9).contains(level), "a compression level is 1 to 9")
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        let code = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, format.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        precondition(code == Z_OK, "zlib could not be initialized: out of memory, or another version of it")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses all of a piece and gives what is ready.
    ///
    /// - Parameter flush: `Z_NO_FLUSH`, `Z_SYNC_FLUSH` (all that was fed can be read) or `Z_FINISH` (the end).
    func compress(_ bytes: [UInt8], flush: Int32) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count / 4 + 128)
        bytes.withUnsafeBufferPointer { input in
            // zlib counts in 32 bits: a larger piece goes in slices.
            var rest = input[...]
            repeat {
                let slice = rest.prefix(1 << 30)
                rest = rest.dropFirst(slice.count)
                feed(UnsafeBufferPointer(rebasing: slice), flush: rest.isEmpty ? flush : Z_NO_FLUSH, into: &output)
            } while !rest.isEmpty
        }
        return output
    }

    private func feed(_ input: UnsafeBufferPointer<UInt8>, flush: Int32, into output: inout [UInt8]) {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        let room = 16 << 10
        var isDone = false
        while !isDone {
            let piece = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                stream.pointee.next_out = buffer.baseAddress
                stream.pointee.avail_out = UInt32(room)
                let code = deflate(stream, flush)
                precondition(code != Z_STREAM_ERROR, "a compressor was used after its end")
                count = room - Int(stream.pointee.avail_out)
                isDone = stream.pointee.avail_out > 0
            }
            output.append(contentsOf: piece)
        }
    }
}
