import Core
import Glibc

/// Parses `multipart/form-data` (RFC 7578; RFC 2046, section 5.1) in pieces; their sizes never change the result.
///
/// A boundary counts only as a line of its own, with optional spaces after it; anywhere else its bytes are content. Text
/// before the first part and after the last is skipped, as the RFC asks, up to a bound.
///
/// Comes from: ``FormFileReader``, piece by piece. Goes to: the same, as events.
struct FormParser {
    enum Event: Equatable {
        /// A part begins; its bytes follow.
        case part(FormPart)
        case bytes([UInt8])
        case partEnd
        case formEnd
    }

    private enum Place { case preamble, head, content, epilogue }

    /// What follows the bytes of a boundary.
    private enum LineEnd {
        /// The line ends, and another part begins at an index.
        case part(Int)
        /// The form ends; the rest begins at an index.
        case form(Int)
        /// Something else: the bytes were content.
        case none
        /// Bytes are missing.
        case unknown
    }

    /// Line end, two hyphens and the boundary.
    ///
    /// Its only CR is its first byte, so no two places where it stands overlap.
    private let delimiter: [UInt8]
    /// Bytes that are not dealt with, from ``start`` on.
    ///
    /// The first line has no line end before it: here it gets one.
    private var buffer: [UInt8] = Array("\r\n".utf8)
    private var start = 0
    /// Index up to which the buffer was searched for a line end or a delimiter.
    private var searched = 0
    private var place = Place.preamble
    /// Bytes skipped before or after the parts, or read of the current part's headers.
    private var passed = 0
    private var lines: [[UInt8]] = []

    init(_ boundary: FormBoundary) { delimiter = Array("\r\n--".utf8) + boundary.bytes }

    /// Reads further bytes of the form.
    ///
    /// - Throws: ``HTTPError``; nothing may be fed afterwards.
    mutating func feed(_ bytes: [UInt8]) throws -> [Event] {
        append(bytes)
        return try advance(isEnd: false)
    }

    /// Says that the body is at its end.
    ///
    /// - Throws: ``HTTPError``: `form(.unfinished)` when the form is not, `form(.noBoundary)` when none began.
    mutating func finish() throws -> [Event] {
        let events = try advance(isEnd: true)
        guard place == .epilogue else { throw HTTPError.form(place == .preamble ? .noBoundary : .unfinished) }
        return events
    }

    private mutating func append(_ bytes: [UInt8]) {
        if start == buffer.count {
            (buffer, start, searched) = (bytes, 0, 0)
            return
        }
        if start > 0 {
            buffer.removeFirst(start)
            (start, searched) = (0, searched - start)
        }
        buffer += bytes
    }

    private mutating func advance(isEnd: Bool) throws -> [Event] {
        var events: [Event] = []
        while try place == .head ? readLine(&events) : readToDelimiter(isEnd: isEnd, &events) {}
        return events
    }

    // MARK: Text and content

    /// Passes bytes up to the next delimiter; false when more bytes are needed.
    private mutating func readToDelimiter(isEnd: Bool, _ events: inout [Event]) throws -> Bool {
        guard let found = findDelimiter() else {
            let end = isEnd ? buffer.count : beginningOfDelimiter()
            try pass(upTo: end, &events)
            searched = end
            return false
        }
        try pass(upTo: found, &events)
        searched = found
        switch try lineEnd(at: found + delimiter.count, isEnd: isEnd) {
        case .unknown: return false
        case .none:
            try pass(upTo: found + delimiter.count, &events)
            searched = start
        case .part(let next): try endPart(at: next, followedBy: .head, &events)
        case .form(let next):
            try endPart(at: next, followedBy: .epilogue, &events)
            events.append(.formEnd)
        }
        return true
    }

    private mutating func endPart(at next: Int, followedBy following: Place, _ events: inout [Event]) throws {
        // Behind its end a form has no further boundary.
        guard place != .epilogue else { throw HTTPError.form(.broken) }
        if place == .content { events.append(.partEnd) }
        place = following
        (start, searched, passed) = (next, next, 0)
    }

    /// Bytes of the file are given, others counted.
    private mutating func pass(upTo end: Int, _ events: inout [Event]) throws {
        guard end > start else { return }
        if place == .content { events.append(.bytes(Array(buffer[start..<end]))) } else { try count(end - start) }
        start = end
    }

    private mutating func count(_ bytes: Int) throws {
        passed += bytes
        guard passed <= Limits.formHeadBytes else { throw HTTPError.form(.tooLong(limit: Limits.formHeadBytes)) }
    }

    /// Goes from CR to CR, of which text has few.
    private func findDelimiter() -> Int? {
        buffer.withUnsafeBytes { bytes in
            var index = searched
            while index + delimiter.count <= bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + index, 13, bytes.count - index)
            {
                index = UnsafeRawPointer(found) - base
                guard index + delimiter.count <= bytes.count else { return nil }
                if memcmp(base + index, delimiter, delimiter.count) == 0 { return index }
                index += 1
            }
            return nil
        }
    }

    /// Where the bytes at the end begin that may become a delimiter.
    private func beginningOfDelimiter() -> Int {
        let tail = buffer[max(searched, buffer.count - delimiter.count + 1)...]
        guard let start = tail.lastIndex(of: UInt8(ascii: "\r")), delimiter.starts(with: buffer[start...]) else {
            return buffer.count
        }
        return start
    }

    private func lineEnd(at index: Int, isEnd: Bool) throws -> LineEnd {
        let isClosing = buffer[index...].starts(with: "--".utf8)
        let behind = buffer[(isClosing ? index + 2 : index)...]
        let rest = behind.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard rest.startIndex - behind.startIndex <= Limits.formPaddingBytes else { return .none }
        if rest.first == UInt8(ascii: "\n") { throw HTTPError.form(.bareLineFeed) }
        if rest.starts(with: "\r\n".utf8) {
            // The line end may begin another delimiter, which is then one too many.
            return isClosing ? .form(rest.startIndex) : .part(rest.startIndex + 2)
        }
        if isEnd { return isClosing && rest.isEmpty ? .form(rest.startIndex) : .none }
        let mayGoOn = rest.isEmpty || rest.elementsEqual("\r".utf8) || !isClosing && rest.elementsEqual("-".utf8)
        return mayGoOn ? .unknown : .none
    }

    // MARK: Heads of parts

    /// Reads a line of a part's head; false when it is not whole.
    private mutating func readLine(_ events: inout [Event]) throws -> Bool {
        guard let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            guard passed + buffer.count - start <= Limits.formHeadBytes else {
                throw HTTPError.form(.tooLong(limit: Limits.formHeadBytes))
            }
            searched = buffer.count
            return false
        }
        try count(end + 1 - start)
        guard end > start, buffer[end - 1] == UInt8(ascii: "\r") else { throw HTTPError.form(.bareLineFeed) }
        let line = Array(buffer[start..<end - 1])
        (start, searched) = (end + 1, end + 1)
        guard line.isEmpty else {
            lines.append(line)
            return true
        }
        events.append(.part(try FormPart(lines: lines)))
        lines = []
        place = .content
        return true
    }
}
