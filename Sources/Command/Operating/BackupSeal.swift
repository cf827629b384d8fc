internal import Core
internal import Digest
internal import Foundation

/// The last 128 bytes of a backup, which say that it is whole: its format, its length and its SHA-256.
///
/// SQLite never looks behind the pages that its header counts, so that a backup stays a SQLite file that any tool
/// reads.
struct BackupSeal: Equatable {
    /// The only format so far.
    static let format = 1
    static let bytes = 128
    private static let name = "\nsibyl-backup"

    /// The bytes before the seal.
    let content: Int
    /// Their SHA-256 in hexadecimal digits.
    let digest: String

    /// Reads the end of a file.
    ///
    /// - Throws: ``BackupError/cutShort``, ``BackupError/newerFormat(_:)``.
    init(_ end: [UInt8]) throws {
        let words = String(decoding: end, as: UTF8.self).split(separator: " ").map(String.init)
        guard end.count == Self.bytes, words.count >= 2, words[0] == Self.name, let format = Int(words[1]) else {
            throw BackupError.cutShort
        }
        // What stands where in a newer format is not for this program to guess.
        if format > Self.format { throw BackupError.newerFormat(format) }
        guard words.count >= 4, let content = Int(words[2]), words[3].utf8.count == 64 else {
            throw BackupError.cutShort
        }
        self.content = content
        digest = words[3]
    }

    init(content: Int, digest: String) {
        self.content = content
        self.digest = digest
    }

    private var encoded: [UInt8] {
        let words = "\(Self.name) \(Self.format) \(content) \(digest) "
        return Array(words.utf8) + [UInt8](repeating: UInt8(ascii: " "), count: Self.bytes - words.utf8.count - 1) + [
            10
        ]
    }

    // MARK: Files

    /// Seals a file that nobody changes any more, and sees it to the disk.
    ///
    /// - Returns: the SHA-256 of the file with its seal, as `sha256sum` prints it.
    static func close(_ path: String) throws -> String {
        try using(path) {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            let (content, whole) = (SHA256Stream(), SHA256Stream())
            var count = 0
            try forEachPiece(of: file) { piece in
                content.update(piece)
                whole.update(piece)
                count += piece.count
            }
            let seal = BackupSeal(content: count, digest: Hexadecimal.encode(content.finish())).encoded
            try file.write(contentsOf: seal)
            whole.update(seal)
            try file.synchronize()
            try file.close()
            return Hexadecimal.encode(whole.finish())
        }
    }

    /// Copies what stands before the seal into a new file, and holds it against the seal.
    ///
    /// - Throws: ``BackupError``; the copy must not be used then.
    static func open(_ path: String, copyingTo target: String) throws {
        try using(path) {
            let source = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            let length = Int(try source.seekToEnd())
            if length < bytes { throw BackupError.cutShort }
            try source.seek(toOffset: UInt64(length - bytes))
            let seal = try BackupSeal([UInt8](source.readToEnd() ?? Data()))
            if seal.content != length - bytes { throw BackupError.cutShort }
            try source.seek(toOffset: 0)
            guard let descriptor = OpenFile.makePrivate(target) else {
                throw BackupError.fileUnusable(path: target, reason: "it cannot be made")
            }
            let copy = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            let digest = SHA256Stream()
            try forEachPiece(of: source, upTo: seal.content) { piece in
                digest.update(piece)
                try copy.write(contentsOf: piece)
            }
            try copy.synchronize()
            try copy.close()
            if Hexadecimal.encode(digest.finish()) != seal.digest {
                throw BackupError.damaged(reason: "its checksum differs")
            }
        }
    }

    private static func forEachPiece(
        of file: FileHandle, upTo limit: Int = .max, _ body: ([UInt8]) throws -> Void
    ) throws {
        var left = limit
        while left > 0, let piece = try file.read(upToCount: min(left, Limits.archivedPieceBytes)), !piece.isEmpty {
            left -= piece.count
            try body([UInt8](piece))
        }
    }

    /// Names the file in what the system has to say of it.
    private static func using<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as NSError where !(error is any CodedError) {
            throw BackupError.fileUnusable(path: path, reason: error.localizedDescription)
        }
    }
}
