import CMicroHTTPD

/// What the post processor's calls leave behind: the first part, its bytes, and whether another one began.
///
/// Used within the lock of its ``FormParser`` alone.
final class FormSink {
    var part: FormParser.Part?
    var bytes: [UInt8] = []
    /// Bytes of the part since its beginning.
    var given = 0
    var hasOtherPart = false

    /// The first call for a part may bring no bytes, and then the second one begins at 0 too.
    static let take: MHD_PostDataIterator = { context, _, name, fileName, type, encoding, bytes, offset, count in
        let sink = Unmanaged<FormSink>.fromOpaque(context!).takeUnretainedValue()
        guard sink.part == nil || offset == UInt64(sink.given) else {
            sink.hasOtherPart = true
            return .NO
        }
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
