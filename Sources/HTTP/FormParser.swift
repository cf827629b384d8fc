import CMicroHTTPD
import Core
import Synchronization

/// Takes the bytes of a form, and gives those of its one file: libmicrohttpd's post processor with a lock and a ledger.
///
/// The processor is made in a callback of the connection and reads the boundary out of the connection's memory as long as
/// it works; so the end of the request waits for the piece at work, and then closes the parser.
/// What the processor does not tell, a ledger does: which of the bytes belong to the file and how many cannot. Thus no
/// other part stays unseen, not even one for which the processor makes no call.
///
/// Comes from: the connection's head. Goes to: ``HTTPBody``, which feeds it.
final class FormParser: Sendable {
    /// What the processor said of the part that holds the file.
    struct Part: Sendable, Equatable {
        /// Nil when the part has none, or one without quotation marks.
        var name: String?
        var fileName: String?
        var contentType: String?
        var transferEncoding: String?
    }

    private struct State {
        /// Nil once the form has ended, broken, or lost its connection.
        var processor: OpaquePointer?
        let sink: FormSink
        /// Bytes up to the file's first one: at most ``Limits/formHeadBytes``.
        var headBytes = 0
        /// Bytes that were fed from the file's first one on.
        var fed = 0
        var failure: HTTPError?
        var isWhole = false
    }

    /// Bytes for one call of the processor: it moves its buffer for each line of a head, so hostile heads come dear.
    private static let sliceBytes = 4 << 10

    private let state: Mutex<State>
    private let boundaryBytes: Int

    /// Only from within the first call of the handler.
    ///
    /// - Throws: ``HTTPError``: `form(.boundary)`.
    init(connection: SuspendableConnection, headers: HTTPHeaders) throws {
        boundaryBytes = try FormBoundary.length(headers)
        let sink = FormSink()
        // A line of a part's head must fit the processor's buffer; the bound on the whole head is what speaks.
        let processor = MHD_create_post_processor(
            connection.pointer, 2 * Limits.formHeadBytes, FormSink.take, Unmanaged.passUnretained(sink).toOpaque())
        guard let processor else { throw HTTPError.form(.boundary) }
        state = Mutex(State(processor: processor, sink: sink))
    }

    deinit { close() }

    /// Lets go of the connection's memory.
    func close() { state.withLock { _ = Self.destroy(&$0) } }

    /// Whether the file's first byte, or its end, has come.
    var hasPart: Bool { state.withLock { $0.sink.part != nil } }

    /// The file's part.
    ///
    /// - Throws: ``HTTPError`` when it is not the one that is asked for, or its bytes are not those of the file.
    func part(named name: String) throws -> Part {
        try state.withLock { state in
            guard let part = state.sink.part else { throw HTTPError.form(.noFile(expected: name)) }
            guard let partName = part.name else { throw HTTPError.form(.unnamed(expected: name)) }
            guard partName == name else { throw HTTPError.form(.otherPart(expected: name)) }
            guard ["7bit", "8bit", "binary"].contains(part.transferEncoding?.lowercased() ?? "binary") else {
                throw HTTPError.form(.encodedPart)
            }
            return part
        }
    }

    /// Bytes of the file that were fed and not taken yet.
    ///
    /// - Throws: ``HTTPError`` once the form has broken.
    func takeBytes() throws -> [UInt8] {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            defer { state.sink.bytes = [] }
            return state.sink.bytes
        }
    }

    /// Reads further bytes of the form.
    ///
    /// - Throws: ``HTTPError``; once it has thrown, it and ``finish(expecting:)`` throw the same again.
    func feed(_ bytes: [UInt8], expecting name: String) throws {
        try attempt { state in
            var rest = try searchFile(in: bytes, &state)
            while !rest.isEmpty {
                let slice = rest.prefix(Self.sliceBytes)
                rest = rest.dropFirst(slice.count)
                state.fed += slice.count
                try process(slice, &state)
                // Not of the file are its end, which is CRLF, two hyphens, the boundary, two hyphens and CRLF, or less
                // of it that may yet be content; any other part needs more than that together with the form's end.
                guard unaccounted(state) <= boundaryBytes + 8 else { throw HTTPError.form(.otherPart(expected: name)) }
            }
        }
    }

    /// Says that the body is at its end.
    ///
    /// - Throws: ``HTTPError`` when the form is not: `form(.unfinished)`, `form(.noFile)`.
    func finish(expecting name: String) throws {
        try attempt { state in
            if state.isWhole { return }
            guard state.processor != nil else { throw HTTPError.bodyIncomplete }
            guard Self.destroy(&state) else { throw HTTPError.form(.unfinished) }
            guard state.sink.part != nil else { throw HTTPError.form(.noFile(expected: name)) }
            state.isWhole = true
        }
    }

    // MARK: Within the lock

    private func attempt(_ work: (inout State) throws -> Void) throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            do { try work(&state) } catch {
                state.failure = error as? HTTPError ?? .form(.broken)
                _ = Self.destroy(&state)
                throw error
            }
        }
    }

    /// Feeds byte by byte up to the file's first one, so that it is known where the file begins.
    private func searchFile(in bytes: [UInt8], _ state: inout State) throws -> ArraySlice<UInt8> {
        var rest = bytes[...]
        while state.sink.part == nil, let byte = rest.popFirst() {
            guard state.headBytes < Limits.formHeadBytes else {
                throw HTTPError.form(.headTooLong(limit: Limits.formHeadBytes))
            }
            state.headBytes += 1
            try process([byte], &state)
            if state.sink.part != nil { state.fed = 1 }
        }
        return rest
    }

    private func process(_ bytes: ArraySlice<UInt8>, _ state: inout State) throws {
        guard let processor = state.processor else { throw HTTPError.bodyIncomplete }
        let isTaken = bytes.withUnsafeBytes { bytes in
            MHD_post_process(processor, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard isTaken == .YES else { throw HTTPError.form(.broken) }
    }

    private func unaccounted(_ state: State) -> Int { state.fed - state.sink.given }

    /// Whether the processor was at the form's end, or has seen nothing of a form.
    private static func destroy(_ state: inout State) -> Bool {
        guard let processor = state.processor else { return false }
        state.processor = nil
        return MHD_destroy_post_processor(processor) == .YES
    }
}
