internal import Core
internal import HTTP

extension HTTPRequest {
    /// The media type of the body without its parameters, in lower case; nil when none is named.
    var mediaType: String? {
        guard let type = headers.first("Content-Type") else { return nil }
        // What nearly all callers write needs no work.
        if type == "application/json" { return type }
        return type.prefix { $0 != ";" }.trimmingSpaces.lowercased()
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
        if let mediaType, mediaType != type { throw APIError.unsupportedMediaType(known: [type]) }
    }

    /// Whether the caller takes a media type: RFC 9110, section 12.5.1.
    func accepts(_ type: String) -> Bool {
        guard let accept = headers.first("Accept") else { return true }
        let family = type.prefix { $0 != "/" } + "/*"
        return accept.split(separator: ",").contains { range in
            let parts = range.split(separator: ";").map { $0.trimmingSpaces.lowercased() }
            guard let name = parts.first, !parts.contains("q=0") else { return false }
            return name == "*/*" || name == family || name == type
        }
    }

    /// - Throws: ``APIError/notAcceptable(known:)`` when the caller does not take the only type there is.
    func requireAccepting(_ type: String) throws {
        if !accepts(type) { throw APIError.notAcceptable(known: [type]) }
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
