internal import Core
internal import Digest
internal import Foundation

/// Keeps the SHA-256 of an input whose bytes are not kept, with what is known of its stream: as far as rows are stored.
///
/// It is that of the caller's bytes, decompressed: header, records and what lies between and behind them.
enum InputDigest {
    /// The member of a resumption in which the state stands, beside what the scanner needs.
    private struct Stored: Codable {
        var sha256: String?
    }

    /// Adds a state to what a scanner needs to go on.
    static func adding(_ digest: ResumableSHA256?, to resumption: String?) -> String? {
        guard let digest, let resumption, resumption.hasSuffix("}") else { return resumption }
        return resumption.dropLast() + ",\"sha256\":\"\(Hexadecimal.encode(digest.state))\"}"
    }

    /// Reads a state back.
    ///
    /// - Returns: nil where none stands.
    static func read(_ resumption: String?) throws -> ResumableSHA256? {
        guard let resumption else { return nil }
        return try JSONDecoder().decode(Stored.self, from: Data(resumption.utf8)).sha256
            .flatMap(Hexadecimal.decode).flatMap(ResumableSHA256.init(state:))
    }
}
