internal import Catalog
internal import Core
internal import Digest

/// Reads a model's file and checks that it is the one its manifest describes.
enum ModelFile {
    /// Bytes of a model's file.
    private static let mostBytes = 2 << 30

    /// - Throws: ``InferenceError/digestMismatch(model:)``, and why the file cannot be read.
    static func read(_ resolved: ResolvedModel) throws -> [UInt8] {
        let bytes = try FileBytes.read(resolved.version.path, upTo: mostBytes)
        // Most models with one flipped byte load and run: only the digest tells.
        guard SHA256.hex(of: bytes) == resolved.version.fileDigest else {
            throw InferenceError.digestMismatch(model: resolved.title)
        }
        return bytes
    }
}
