@testable import HTTP

/// Heads of requests: whatever is let through has one meaning for its body's length.
enum HeadFuzz {
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let isVersion11 = choices.flag()
        let headers = HTTPHeaders(lines: choices.rest)
        let head: RequestHead
        do {
            head = try RequestHead(headers, isVersion11: isVersion11)
        } catch is HTTPError {
            return
        }
        let lengths = headers.all("Content-Length")
        try Finding.unless(lengths.count <= 1 && headers.all("Host").count <= 1, "a field that may stand once was let")
        try Finding.unless(!head.isChunked || lengths.isEmpty, "chunks and a length")
        try Finding.unless(head.isChunked == !headers.all("Transfer-Encoding").isEmpty, "another transfer coding")
        if let length = lengths.first {
            let digits = length.utf8.drop { $0 == UInt8(ascii: "0") }
            let written = head.contentLength.map { $0 == 0 ? "" : String($0) }
            try Finding.unless(written.map { digits.elementsEqual($0.utf8) } == true, "\(length) is another length")
        }
        _ = (head.hasBody, head.expectsContinue)
    }
}

extension HTTPHeaders {
    /// Takes lines `name: value` apart, as the library does before we see them.
    init(lines: ArraySlice<UInt8>) {
        self.init()
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":") else { continue }
            add(String(text[..<colon]), String(text[text.index(after: colon)...].drop { $0 == " " }))
        }
    }
}
