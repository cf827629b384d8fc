import Core

/// Filters what the library reads from a connection.
///
/// Bytes that ``RequestFraming`` accepts pass unchanged, but that blanks behind a header's value come to stand before it. In place of the first invalid unit the library gets a valid end of
/// the request, and ``Exchange`` answers that request with the fault.
///
/// Comes from: ``SocketReads``. Goes to: the library, and with what is wrong to ``Exchange``.
final class IncomingBytes: @unchecked Sendable {  // @unchecked because the connection's own thread alone uses it.
    /// Called once for each head that arrives in more than one read.
    var onPartialHead: () -> Void = {}

    private var framing = RequestFraming()
    /// Bytes that were read from the socket and not given to the library yet: accepted ones, then an incomplete unit.
    private var held: [UInt8] = []
    /// Number of accepted bytes in ``held``.
    private var passable = 0
    private var fault: HTTPError?
    /// Number of requests that the library has begun.
    private var begunRequests = 0
    private var hasToldOfHead = false
    private var discardedBytes = 0

    /// Counts a request that the library begins.
    ///
    /// - Returns: its number, from 1 on.
    func beginRequest() -> Int {
        begunRequests += 1
        return begunRequests
    }

    /// The fault found in a request so far; nil when there is none.
    func fault(ofRequest number: Int) -> HTTPError? { number == framing.requests ? fault : nil }

    /// Reads bytes for the library.
    ///
    /// When the library gets fewer bytes than it asked for, it assumes that the socket is empty and waits for the next
    /// event from the kernel. So this returns fewer bytes only when the socket is empty.
    ///
    /// - Parameter read: reads from the connection like `recv`; results below 1 are returned unchanged.
    func receive(into buffer: UnsafeMutableRawPointer, room: Int, from read: (UnsafeMutableRawPointer, Int) -> Int)
        -> Int
    {
        if held.isEmpty {
            if fault != nil { return discard(by: read) }
            let count = read(buffer, room)
            guard count > 0 else { return count }
            let bytes = UnsafeMutableRawBufferPointer(start: buffer, count: count)
            let progress = framing.advance(over: UnsafeRawBufferPointer(bytes))
            for value in progress.padded { Self.moveBlanks(in: bytes[value]) }
            if progress.passable == count, progress.fault == nil {
                hasToldOfHead = false
                return count
            }
            held = Array(bytes)
            note(progress)
            // The common case of a split request: the socket is empty for now.
            if count < room, fault == nil, passable > 0 { return give(to: buffer, room: room) }
        }
        return receiveHeld(into: buffer, room: room, from: read)
    }

    /// Reads until enough accepted bytes are held to fill the library's buffer, or the socket is empty.
    private func receiveHeld(
        into buffer: UnsafeMutableRawPointer, room: Int, from read: (UnsafeMutableRawPointer, Int) -> Int
    ) -> Int {
        while passable < room, fault == nil {
            var count = 0
            let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { piece, initialized in
                count = piece.baseAddress.map { read($0, Self.pieceBytes) } ?? 0
                initialized = max(0, count)
            }
            guard count > 0 else {
                if passable == 0 { return count }
                break
            }
            held += piece
            let progress = held.withUnsafeMutableBytes { bytes in
                let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[passable...])
                let progress = framing.advance(over: UnsafeRawBufferPointer(rest))
                for value in progress.padded { Self.moveBlanks(in: rest[value]) }
                return progress
            }
            note(progress)
        }
        if fault != nil { _ = discard(by: read) }
        return give(to: buffer, room: room)
    }

    /// Moves the blanks behind a value before it, where the library skips them.
    private static func moveBlanks(in value: Slice<UnsafeMutableRawBufferPointer>) {
        var value = value
        let kept = value.lastIndex { !FieldBytes.isBlank($0) }.map { $0 + 1 } ?? value.startIndex
        let blanks = value.endIndex - kept
        for index in (value.startIndex..<kept).reversed() { value[index + blanks] = value[index] }
        for index in value.startIndex..<(value.startIndex + blanks) { value[index] = UInt8(ascii: " ") }
    }

    private func note(_ progress: RequestFraming.Progress) {
        passable += progress.passable
        if let found = progress.fault {
            fault = found
            held.removeLast(held.count - passable)
            held += framing.ending
            passable = held.count
        }
        guard framing.isWithinHead, fault == nil else {
            hasToldOfHead = false
            return
        }
        if !hasToldOfHead { onPartialHead() }
        hasToldOfHead = true
    }

    private func give(to buffer: UnsafeMutableRawPointer, room: Int) -> Int {
        let count = min(passable, room)
        held.withUnsafeBytes { buffer.copyMemory(from: $0.baseAddress!, byteCount: count) }
        if count == held.count { held = [] } else { held.removeFirst(count) }
        passable -= count
        return count
    }

    /// Discards input after a fault: closing a socket with unread input resets it, and the caller might lose the answer.
    private func discard(by read: (UnsafeMutableRawPointer, Int) -> Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 1) { piece in
            while let place = piece.baseAddress {
                let count = read(place, piece.count)
                guard count > 0 else { return count }
                discardedBytes += count
                if discardedBytes > Limits.discardedBodyBytes { return 0 }
            }
            return 0
        }
    }

    /// Bytes per read while other bytes are held.
    private static let pieceBytes = 16 << 10
}
