import CCurl
import Core
import Glibc

/// Takes part in one transfer of libcurl: gives it the body, takes the answer, remembers what went wrong.
///
/// libcurl calls back on the thread that performs the transfer, before that call returns; so nothing is shared.
final class Transfer {
    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private(set) var received: [UInt8] = []
    /// What a closure threw, or a bound that was passed.
    private(set) var error: (any Error)?

    private let body: HTTPUpload
    private let start: Int64
    private var sent = 0
    private let limit: Int
    private let onProgress: (Int) throws -> Void
    private let onBytes: (([UInt8]) throws -> Void)?

    init(
        body: HTTPUpload, limit: Int, onProgress: @escaping (Int) throws -> Void,
        onBytes: (([UInt8]) throws -> Void)?
    ) {
        self.body = body
        self.limit = limit
        self.onProgress = onProgress
        self.onBytes = onBytes
        start = if case .file(let descriptor, _) = body { Int64(lseek(descriptor, 0, SEEK_CUR)) } else { 0 }
    }

    /// Makes a handle call back here; the transfer must outlive its use.
    func attach(to easy: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_SEEKDATA, CURLOPT_XFERINFODATA]
        {
            sibyl_curl_set_pointer(easy, option, context)
        }
        sibyl_curl_set_long(easy, CURLOPT_NOPROGRESS, 0)
        sibyl_curl_set_bytes(easy, CURLOPT_WRITEFUNCTION) { bytes, _, count, context in
            Transfer.from(context).write(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        sibyl_curl_set_bytes(easy, CURLOPT_HEADERFUNCTION) { bytes, _, count, context in
            Transfer.from(context).readHeader(UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
        }
        sibyl_curl_set_bytes(easy, CURLOPT_READFUNCTION) { room, size, count, context in
            Transfer.from(context).read(into: UnsafeMutableRawBufferPointer(start: room, count: size * count))
        }
        sibyl_curl_set_seek(easy) { context, offset, origin in
            origin == SEEK_SET ? Transfer.from(context).seek(to: Int64(offset)) : CURL_SEEKFUNC_CANTSEEK
        }
        // The library's own count of sent bytes has the framing of chunks in it.
        sibyl_curl_set_progress(easy) { context, _, _, _, _ in Transfer.from(context).progress() ? 0 : 1 }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
        Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
    }

    // MARK: The answer

    private func readHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        if line.hasPrefix("HTTP/") {
            // An answer of its own after "100 Continue": forget the first.
            status = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            headers = HTTPHeaders()
        } else if let colon = line.firstIndex(of: ":") {
            guard headers.fields.count < Self.headerCount else { return fail(HTTPClientError.broken(cause: "headers")) }
            headers.add(String(line[..<colon]), line[line.index(after: colon)...].trimmingSpaces)
        }
        return true
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if let onBytes, status < 400 { return attempt { try onBytes(Array(bytes)) } }
        guard received.count + bytes.count <= limit else { return fail(HTTPClientError.answerTooLarge(limit: limit)) }
        received.append(contentsOf: bytes)
        return true
    }

    // MARK: The body

    private func read(into room: UnsafeMutableRawBufferPointer) -> Int {
        switch body {
        case .none: return 0
        case .bytes(let bytes):
            let count = min(room.count, bytes.count - sent)
            bytes.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count])) }
            sent += count
            return count
        case .file(let descriptor, _):
            var count = Glibc.read(descriptor, room.baseAddress, room.count)
            while count < 0 && errno == EINTR { count = Glibc.read(descriptor, room.baseAddress, room.count) }
            guard count >= 0 else {
                _ = fail(HTTPClientError.broken(cause: "the input could not be read"))
                return Int(CURL_READFUNC_ABORT)
            }
            sent += count
            return count
        }
    }

    /// Goes back in the body, when a kept connection turns out to be closed and the request is sent again.
    private func seek(to offset: Int64) -> Int32 {
        switch body {
        case .none: return CURL_SEEKFUNC_OK
        case .bytes(let bytes):
            guard offset <= bytes.count else { return CURL_SEEKFUNC_FAIL }
            sent = Int(offset)
            return CURL_SEEKFUNC_OK
        case .file(let descriptor, _):
            guard start >= 0, lseek(descriptor, off_t(start + offset), SEEK_SET) >= 0 else {
                return CURL_SEEKFUNC_CANTSEEK
            }
            sent = Int(offset)
            return CURL_SEEKFUNC_OK
        }
    }

    private func progress() -> Bool { attempt { try onProgress(sent) } }

    private func attempt(_ work: () throws -> Void) -> Bool {
        do { try work() } catch { return fail(error) }
        return true
    }

    private func fail(_ error: any Error) -> Bool {
        if self.error == nil { self.error = error }
        return false
    }

    /// Headers of one answer: ours have about ten.
    private static let headerCount = 256
}
