import CMicroHTTPD

/// What the post processor's calls leave behind: what the first part says of itself, and all bytes of parts.
///
/// The calls cannot tell one part from the next: an offset of 0 is also that of the second call for a part whose first
/// brought no bytes. ``FormParser`` can, by what is missing among the bytes.
///
/// Used within the lock of its ``FormParser`` alone.
final class FormSink {
    var part: FormParser.Part?
    var bytes: [UInt8] = []
    /// Bytes that were given so far, taken or not.
    var given = 0

    static let take: MHD_PostDataIterator = { context, _, name, fileName, type, encoding, bytes, _, count in
        let sink = Unmanaged<FormSink>.fromOpaque(context!).takeUnretainedValue()
        if sink.part == nil {
            sink.part = FormParser.Part(
                name: name.map { String(cString: $0) }, fileName: fileName.map { String(cString: $0) },
                contentType: type.map { String(cString: $0) }, transferEncoding: encoding.map { String(cString: $0) })
        }
        sink.bytes.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
        sink.given += count
        return .YES
    }
}
