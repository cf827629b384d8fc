import Core

/// Stands between a connection's socket and the library: hands on what ``RequestFraming`` has found right, and in place of
/// what is wrong an end that leads to our own answer.
///
/// Comes from: ``SocketReads``. Goes to: the library, and with what is wrong to ``Exchange``.
final class IncomingBytes: @unchecked Sendable {  // @unchecked because the connection's own thread alone uses it.
    /// Hears that a head has begun and is not whole, once for each head.
    var onPartialHead: () -> Void = {}

    private var framing = RequestFraming()
    /// Bytes that came and were not handed on: some that may be, and a unit that is not whole.
    private var held: [UInt8] = []
    /// How many of them may be handed on.
    private var passable = 0
    private var fault: HTTPError?
    /// Requests that the library has begun.
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

    /// What is wrong with a request, as far as its bytes have come.
    func fault(ofRequest number: Int) -> HTTPError? { number == framing.requests ? fault : nil }

    /// Reads bytes for the library.
    ///
    /// The library takes fewer bytes than it has room for to mean that there are no more for now, and waits for the
    /// kernel to tell of others. So less is given only when the socket is empty.
    ///
    /// - Parameter read: reads from the connection, as `recv` does; what it gives below 1 is handed on.
    func receive(into buffer: UnsafeMutableRawPointer, room: Int, from read: (UnsafeMutableRawPointer, Int) -> Int)
        -> Int
    {
        if held.isEmpty {
            if fault != nil { return discard(by: read) }
            let count = read(buffer, room)
            guard count > 0 else { return count }
            let bytes = UnsafeRawBufferPointer(start: buffer, count: count)
            let progress = framing.advance(over: bytes)
            if progress.passable == count, progress.fault == nil {
                hasToldOfHead = false
                return count
            }
            held = Array(bytes)
            note(progress)
            // The usual way of a request in parts: nothing more is there for now.
            if count < room, fault == nil, passable > 0 { return give(to: buffer, room: room) }
        }
        return receiveHeld(into: buffer, room: room, from: read)
    }

    /// Reads on until as much may be handed on as there is room for, or nothing more comes.
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
            note(held.withUnsafeBytes { framing.advance(over: UnsafeRawBufferPointer(rebasing: $0[passable...])) })
        }
        if fault != nil { _ = discard(by: read) }
        return give(to: buffer, room: room)
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

    /// Throws away what comes behind a fault, so that closing the connection does not take the answer from the caller.
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

    /// What is read at a time while bytes are held.
    private static let pieceBytes = 16 << 10
}
