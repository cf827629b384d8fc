internal import Foundation
internal import Glibc
internal import HTTP
internal import Intake
internal import Operations

/// A file or a pipe on its way to the service.
final class UploadSource {
    /// How rows are written.
    enum Format: String, CaseIterable {
        case csv
        case ndjson
        case json

        /// The format of a file's ending; nil for any other.
        init?(ending: some StringProtocol) {
            switch ending.lowercased() {
            case "csv", "tsv", "txt": self = .csv
            case "ndjson", "jsonl": self = .ndjson
            case "json": self = .json
            default: return nil
            }
        }

        var mediaType: String {
            switch self {
            case .csv: "text/csv"
            case .ndjson: "application/x-ndjson"
            case .json: "application/json"
            }
        }
    }

    /// As the person typed it.
    let path: String
    let format: Format
    let isCompressed: Bool
    /// The bytes when it was opened; nil for a pipe.
    let length: Int?
    private let descriptor: Int32

    /// - Parameter format: nil for the file's ending.
    init(_ path: String, format: Format?) throws {
        let endings = path.split(separator: "/").last.map { $0.split(separator: ".").dropFirst() } ?? []
        let isNamedCompressed = path != "-" && endings.last?.lowercased() == "gz"
        let ending = isNamedCompressed ? endings.dropLast().last : endings.last
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw UsageError("The file cannot be opened (\(OpenFile.words(errno))).") }
        if Self.kind(of: descriptor) == S_IFDIR { throw UsageError("\(path) is a folder; name a file.") }
        length = path == "-" ? nil : Self.length(of: descriptor)
        let foreign = length == nil ? nil : Self.foreign(descriptor)
        if let foreign, foreign != .gzip { throw UsageError(IntakeError.foreign(foreign).message) }
        isCompressed = isNamedCompressed || foreign == .gzip
        guard let format = format ?? ending.flatMap({ Format(ending: $0) }) else {
            throw UsageError("Say with --format whether the rows are csv, ndjson or json.")
        }
        self.path = path
        self.format = format
    }

    /// What a file is by its first bytes, when it is no rows of text.
    private static func foreign(_ descriptor: Int32) -> ForeignFile? {
        let head = [UInt8](unsafeUninitializedCapacity: ForeignFile.headBytes) { buffer, count in
            count = max(pread(descriptor, buffer.baseAddress, buffer.count, 0), 0)
        }
        return ForeignFile(startingWith: head)
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// Which file it is, so that results never take its place.
    var identity: FileIdentity? { FileIdentity(descriptor: descriptor) }

    /// Whether an upload of it that broke can go on: places in a compressed file are not those of its rows, and a pipe
    /// gives its bytes once.
    var isResumable: Bool { length != nil && !isCompressed }

    /// What a request says of it.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": format.mediaType]
        if isCompressed { headers.set("Content-Encoding", "gzip") }
        return headers
    }

    /// The bytes from a place on.
    ///
    /// - Throws: `UsageError` when the file is not what it was.
    func bytes(from offset: Int) throws -> HTTPUpload {
        guard let length else { return .file(descriptor: descriptor, length: nil) }
        guard Self.length(of: descriptor) == length else {
            throw UsageError("The file changed while it was sent; submit it again.")
        }
        if offset > length { throw Self.otherFile }
        guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw UsageError("The file cannot be read (\(OpenFile.words(errno))).")
        }
        return .file(descriptor: descriptor, length: length - offset)
    }

    /// - Throws: `UsageError` when what is stored whole cannot be this file.
    func requireSize(_ stored: Int) throws {
        if isResumable, let length, stored != length { throw Self.otherFile }
    }

    private static let otherFile = UsageError(
        "The task's input has more bytes, or fewer, than this file: name its own file.")

    private static func length(of descriptor: Int32) -> Int? {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    private static func kind(of descriptor: Int32) -> mode_t {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    }
}
