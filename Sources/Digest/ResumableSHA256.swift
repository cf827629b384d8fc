internal import COpenSSL

/// Computes the SHA-256 of bytes that come over several requests: its state can be stored and gone on with.
///
/// The state is OpenSSL's own `SHA256_CTX`, a plain structure without pointers
/// (<https://docs.openssl.org/3.0/man3/SHA256_Init/>).
package struct ResumableSHA256: Sendable {
    private var context = SHA256_CTX()

    package init() { SHA256_Init(&context) }

    /// Goes on from a stored state.
    ///
    /// - Returns: nil for bytes that are no such state.
    package init?(state: [UInt8]) {
        guard state.count == MemoryLayout<SHA256_CTX>.size else { return nil }
        withUnsafeMutableBytes(of: &context) { $0.copyBytes(from: state) }
        // The library trusts its own state: `num` is a place in a block.
        guard context.num < UInt32(SHA256_CBLOCK), context.md_len == UInt32(SHA256_DIGEST_LENGTH) else { return nil }
    }

    /// The state after the bytes so far.
    package var state: [UInt8] { withUnsafeBytes(of: context) { Array($0) } }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { _ = SHA256_Update(&context, $0.baseAddress, $0.count) }
    }

    /// The 32 bytes of the digest of the bytes so far.
    package var digest: [UInt8] {
        var (copy, digest) = (context, [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH)))
        SHA256_Final(&digest, &copy)
        return digest
    }
}
