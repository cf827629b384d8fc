internal import Core
internal import HTTP

extension HTTPRequest {
    /// The media type of the body without its parameters, in lower case; nil when none is named.
    var mediaType: String? {
        guard let type = headers.first("Content-Type") else { return nil }
        // What nearly all callers write needs no work.
        if type == "application/json" { return type }
        return FieldValue.plain(type)
    }

    /// How long the caller prefers to wait for an answer in place of an address: `Prefer: wait=N` of RFC 7240.
    ///
    /// A preference that cannot be read is ignored, as the RFC asks; a longer one is cut.
    var preferredWait: Duration? {
        for preference in headers.all("Prefer").flatMap({ $0.split(separator: ",") }) {
            let parts = preference.split(separator: "=", maxSplits: 1).map(\.trimmingSpaces)
            guard parts.count == 2, parts[0].lowercased() == "wait", let seconds = Int(parts[1]), seconds >= 0 else {
                continue
            }
            return min(.seconds(seconds), Limits.preferredWait)
        }
        return nil
    }

    /// - Throws: ``APIError/unsupportedMediaType(known:)`` when the body is said to be something else.
    func requireMediaType(_ type: String) throws {
        try refuseFormEncoding(areFilesRead: false)
        if let mediaType, mediaType != type { throw APIError.unsupportedMediaType(known: [type]) }
    }
}

extension HTTPRequest {
    /// Refuses what `curl -d` sends unless it is told otherwise, and says how to send the same.
    ///
    /// - Parameter areFilesRead: whether tables are read here too.
    /// - Throws: ``APIError/formEncoded(areFilesRead:)``.
    func refuseFormEncoding(areFilesRead: Bool) throws {
        if mediaType == "application/x-www-form-urlencoded" {
            throw APIError.formEncoded(areFilesRead: areFilesRead)
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
