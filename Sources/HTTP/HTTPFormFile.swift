import Core
import Synchronization

/// The file of a form as it comes in: what its part says of it, and its bytes, to be read once.
///
/// Comes from: ``HTTPBody/file(named:)``. Goes to: the handler of a streamed route.
package struct HTTPFormFile: Sendable {
    /// The part's name: the one that was asked for.
    package let name: String
    /// What the caller calls the file, unchecked; nil without a `filename`, because `filename*` is not read.
    package let fileName: String?
    /// The part's media type in small letters and without parameters; nil when it names none.
    package let mediaType: String?
    package let bytes: Bytes

    init(_ part: FormParser.Part, name: String, bytes: Bytes) {
        self.name = name
        fileName = part.fileName
        let type = part.contentType?.prefix { $0 != ";" }.trimmingSpaces.lowercased()
        mediaType = type?.isEmpty == false ? type : nil
        self.bytes = bytes
    }

    /// The file's bytes in pieces; their end is the end of the whole form.
    ///
    /// Reading throws ``HTTPError``: what broke the body, and `form` when the form goes on with another part, is cut off
    /// or is not well-formed. So what was read is a whole file only once the last piece has been read.
    package struct Bytes: AsyncSequence, Sendable {
        private let form: FormReading

        init(_ form: FormReading) { self.form = form }

        /// - Precondition: it is the first one.
        package func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(source: form.takeSource(), parser: form.parser, name: form.name)
        }
    }

    /// Reads one form to its end.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private var source: HTTPBody.AsyncIterator
        private let parser: FormParser
        private let name: String

        fileprivate init(source: HTTPBody.AsyncIterator, parser: FormParser, name: String) {
            self.source = source
            self.parser = parser
            self.name = name
        }

        package mutating func next() async throws -> [UInt8]? {
            while true {
                let piece = try parser.takeBytes()
                guard piece.isEmpty else { return piece }
                guard let bytes = try await source.next() else {
                    try parser.finish(expecting: name)
                    return nil
                }
                try parser.feed(bytes, expecting: name)
            }
        }
    }
}

/// A form whose file has begun: hands on the one iterator of its body.
final class FormReading: Sendable {
    let parser: FormParser
    let name: String
    private let source: Mutex<HTTPBody.AsyncIterator?>

    init(source: sending HTTPBody.AsyncIterator, parser: FormParser, name: String) {
        self.source = Mutex(source)
        self.parser = parser
        self.name = name
    }

    func takeSource() -> sending HTTPBody.AsyncIterator {
        let taken = source.withLock { source in
            let taken = source
            source = nil
            return taken
        }
        guard let taken else { preconditionFailure("the file of a form is read once") }
        return taken
    }
}
