import Core
import Synchronization

/// The file of a form as it comes in: what its part says of it, and its bytes, to be read once.
///
/// Comes from: ``HTTPBody/file(named:)``. Goes to: the handler of a streamed route.
package struct HTTPFormFile: Sendable {
    /// What the part's headers say.
    package let part: FormPart
    /// The part's media type in small letters and without parameters; nil when it names none.
    package let mediaType: String?
    package let bytes: Bytes

    init(_ part: FormPart, bytes: Bytes) {
        self.part = part
        let type = part.contentType.map(FieldValue.plain)
        mediaType = type?.isEmpty == false ? type : nil
        self.bytes = bytes
    }

    /// What the caller calls the file, unchecked; nil when the part names none.
    package var fileName: String? { part.fileName }

    /// The file's bytes in pieces; their end is the end of the whole form.
    ///
    /// Reading throws ``HTTPError``: what broke the body, and `form` when the form goes on with another part, is cut off
    /// or is not well-formed. So what was read is a whole file only once the last piece has been read.
    package struct Bytes: AsyncSequence, Sendable {
        private let form: FormReading

        init(_ form: FormReading) { self.form = form }

        /// - Precondition: it is the first one.
        package func makeAsyncIterator() -> AsyncIterator {
            let (source, reader) = form.take()
            return AsyncIterator(source: source, reader: reader)
        }
    }

    /// Reads one form to its end.
    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var source: HTTPBody.AsyncIterator
        fileprivate var reader: FormFileReader

        package mutating func next() async throws -> [UInt8]? {
            while true {
                let piece = try reader.takeBytes()
                guard piece.isEmpty else { return piece }
                guard let bytes = try await source.next() else {
                    try reader.finish()
                    let rest = try reader.takeBytes()
                    return rest.isEmpty ? nil : rest
                }
                try reader.feed(bytes)
            }
        }
    }
}

/// A form whose file has begun: hands on the one iterator of its body.
final class FormReading: Sendable {
    private struct Reading {
        let source: HTTPBody.AsyncIterator
        let reader: FormFileReader
    }

    private let reading: Mutex<Reading?>

    init(source: sending HTTPBody.AsyncIterator, reader: FormFileReader) {
        reading = Mutex(Reading(source: source, reader: reader))
    }

    func take() -> sending (HTTPBody.AsyncIterator, FormFileReader) {
        let taken = reading.withLock { reading in
            let taken = reading
            reading = nil
            return taken
        }
        guard let taken else { preconditionFailure("the file of a form is read once") }
        return (taken.source, taken.reader)
    }
}
