import Core

/// Decides whether an answer is compressed.
enum ContentCoding {
    /// Whether a caller takes gzip, by its `Accept-Encoding` (RFC 9110, section 12.5.3).
    static func acceptsGzip(_ headers: HTTPHeaders) -> Bool {
        var wildcard = false
        for value in headers.all("Accept-Encoding") {
            for item in value.split(separator: ",") {
                let parts = item.split(separator: ";").map { $0.trimmingSpaces }
                guard let coding = parts.first else { continue }
                let isTaken = quality(of: parts.dropFirst()) > 0
                if coding.equalsIgnoringCase("gzip") || coding.equalsIgnoringCase("x-gzip") { return isTaken }
                if coding == "*" { wildcard = isTaken }
            }
        }
        return wildcard
    }

    /// Whether bytes of a media type shrink: text does, images and archives are compressed already.
    static func shrinks(_ type: String) -> Bool {
        // Nearly all answers are this.
        if type == "application/json" { return true }
        let essence = type.prefix { $0 != ";" }.lowercased()
        return essence.hasPrefix("text/") || essence.hasSuffix("json") || essence.hasSuffix("jsonl")
            || essence.hasSuffix("xml") || essence.hasSuffix("javascript")
    }

    private static func quality(of parameters: ArraySlice<String>) -> Double {
        for parameter in parameters where parameter.lowercased().hasPrefix("q=") {
            return Double(parameter.dropFirst(2)) ?? 0
        }
        return 1
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
