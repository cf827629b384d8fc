import CMicroHTTPD
import Core

/// A response of the library, made from an answer.
struct OutgoingMessage: ~Copyable {
    /// Takes the body, when the answer is a stream.
    let writer: HTTPBodyWriter?
    private let response: OpaquePointer

    private init(_ response: OpaquePointer, writer: HTTPBodyWriter?) {
        self.response = response
        self.writer = writer
    }

    /// Gives nil when a header cannot be sent: it holds a line end, say.
    ///
    /// - Parameters:
    ///   - isHead: whether only the headers will be sent.
    ///   - share: what the answer holds of the memory for answers.
    static func make(
        _ answer: Answer, connection: SuspendableConnection, isHead: Bool, share: Share, clock: SteadyClock
    ) -> OutgoingMessage? {
        guard let message = makeBody(answer, connection: connection, share: share, clock: clock) else { return nil }
        // For HEAD the library sends the last chunk of a body that has none; it does not when the connection ends.
        if isHead, message.writer != nil, sibyl_end_with_connection(message.response) != .YES { return nil }
        for field in answer.headers.fields {
            // A text that is passed as it is would be copied to an array first.
            let isAdded = field.name.withCString { name in
                field.value.withCString { MHD_add_response_header(message.response, name, $0) == .YES }
            }
            guard isAdded else { return nil }
        }
        return message
    }

    deinit { MHD_destroy_response(response) }

    /// Hands the response to the connection.
    ///
    /// Only from within a callback.
    func queue(on connection: SuspendableConnection, status: Int) -> Bool {
        MHD_queue_response(connection.pointer, UInt32(status), response) == .YES
    }

    private static func makeBody(
        _ answer: Answer, connection: SuspendableConnection, share: Share, clock: SteadyClock
    ) -> OutgoingMessage? {
        switch answer.body {
        case .none:
            return MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT).map { OutgoingMessage($0, writer: nil) }
        case .bytes(let bytes) where bytes.count > Limits.smallAnswerBytes:
            return AnswerBytes(bytes).makeResponse().map { OutgoingMessage($0, writer: nil) }
        case .bytes(let bytes):
            let made = bytes.withUnsafeBytes {
                MHD_create_response_from_buffer(
                    $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
            }
            return made.map { OutgoingMessage($0, writer: nil) }
        case .stream:
            let writer = HTTPBodyWriter(
                connection: connection, isCompressed: answer.compressesStream, share: share, clock: clock)
            return makeStream(writer).map { OutgoingMessage($0, writer: writer) }
        }
    }

    private static func makeStream(_ writer: HTTPBodyWriter) -> OpaquePointer? {
        let context = Unmanaged.passRetained(writer).toOpaque()
        let made = MHD_create_response_from_callback(
            UInt64.max, blockBytes,
            { context, _, buffer, room in
                let writer = Unmanaged<HTTPBodyWriter>.fromOpaque(context!).takeUnretainedValue()
                return switch writer.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: room)) {
                case .bytes(let count): count
                case .later: 0
                case .end: -1  // MHD_CONTENT_READER_END_OF_STREAM, a cast that Swift does not import
                case .cut: -2  // MHD_CONTENT_READER_END_WITH_ERROR
                }
            }, context,
            { context in
                Unmanaged<HTTPBodyWriter>.fromOpaque(context!).takeRetainedValue().close()
            })
        if made == nil { Unmanaged<HTTPBodyWriter>.fromOpaque(context).release() }
        return made
    }

    /// What the library asks for at a time where it does not use its own buffer: a pipe's worth.
    fileprivate static let blockBytes = 32 << 10
}

/// The bytes of a large answer while they are sent: held once, and copied a block at a time.
///
/// The library would copy them all at once, on the thread that serves other connections too.
private final class AnswerBytes: Sendable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func makeResponse() -> OpaquePointer? {
        let context = Unmanaged.passRetained(self).toOpaque()
        let made = MHD_create_response_from_callback(
            UInt64(bytes.count), OutgoingMessage.blockBytes,
            { context, place, buffer, room in
                let answer = Unmanaged<AnswerBytes>.fromOpaque(context!).takeUnretainedValue()
                return answer.read(from: Int(place), into: UnsafeMutableRawBufferPointer(start: buffer, count: room))
            }, context,
            { context in Unmanaged<AnswerBytes>.fromOpaque(context!).release() })
        if made == nil { Unmanaged<AnswerBytes>.fromOpaque(context).release() }
        return made
    }

    private func read(from place: Int, into room: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(room.count, bytes.count - place)
        bytes.withUnsafeBytes { room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[place..<place + count])) }
        return count
    }
}
