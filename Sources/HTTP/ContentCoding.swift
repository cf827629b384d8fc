import Core

/// In which coding an answer may be sent, by the caller's `Accept-Encoding` (RFC 9110, section 12.5.3).
enum ContentCoding {
    /// As it is.
    case identity
    /// Compressed where that pays.
    case gzip
    /// Compressed whatever it costs: the caller refuses plain bytes.
    case gzipOnly

    /// Chooses a coding.
    ///
    /// Plain bytes are taken by everybody who does not refuse them, but liked least where they are not named.
    ///
    /// - Throws: ``HTTPError/codingNotAcceptable``.
    init(_ headers: HTTPHeaders) throws {
        // Programs mostly do not care, and so this is quick.
        guard headers.first("Accept-Encoding") != nil else {
            self = .identity
            return
        }
        let items = Preferences(headers.all("Accept-Encoding")).items
        func quality(_ names: Set<String>) -> Int? { items.filter { names.contains($0.name) }.map(\.quality).max() }
        let wildcard = quality(["*"])
        let gzip = quality(["gzip", "x-gzip"]) ?? wildcard ?? 0
        let plain = quality(["identity"])
        switch (gzip, plain) {
        case (0, let plain): if plain ?? wildcard == 0 { throw HTTPError.codingNotAcceptable } else { self = .identity }
        case (_, 0?): self = .gzipOnly
        case (_, nil): self = wildcard == 0 ? .gzipOnly : .gzip
        case (let gzip, let plain?): self = gzip >= plain ? .gzip : .identity
        }
    }

    /// Whether bytes of a media type shrink: text does, images and archives are compressed already.
    static func shrinks(_ type: String) -> Bool {
        // Nearly all answers are this.
        if type == "application/json" { return true }
        let essence = FieldValue.plain(type)
        return essence.hasPrefix("text/") || essence.hasSuffix("json") || essence.hasSuffix("jsonl")
            || essence.hasSuffix("xml") || essence.hasSuffix("javascript")
    }
}

extension Substring {
    /// The text without spaces and tabs at its ends.
    var trimmingSpaces: String {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
