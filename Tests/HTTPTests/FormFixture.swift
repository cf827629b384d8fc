import Core
import HTTP

/// A form as a test writes it.
enum Form {
    static let boundary = "------------------------d74496d66958873e"

    /// The head of the file's part as curl writes it.
    static let curlHead = """
        Content-Disposition: form-data; name="file"; filename="customers.csv"\r
        Content-Type: text/csv\r

        """

    static func part(_ head: String, _ content: [UInt8], boundary: String = boundary) -> [UInt8] {
        Array("--\(boundary)\r\n\(head)\r\n".utf8) + content + Array("\r\n".utf8)
    }

    static func end(boundary: String = boundary) -> [UInt8] { Array("--\(boundary)--\r\n".utf8) }

    static func file(_ content: [UInt8]) -> [UInt8] { part(curlHead, content) + end() }

    static func file(_ content: String) -> [UInt8] { file(Array(content.utf8)) }

    static func type(_ boundary: String = boundary) -> String {
        "Content-Type: multipart/form-data; boundary=\(boundary)\r\n"
    }
}

/// Answers with what the part says of the file and with the file's bytes.
let uploading = Route(
    .post, "/upload",
    .streamed(upTo: 100_000_000) { _, body in
        let file = try await body.file(named: "file")
        let content = try await bytes(of: file.bytes)
        let about = "\(file.part.name ?? "-")|\(file.fileName ?? "-")|\(file.mediaType ?? "-")|"
        return .bytes(Array(about.utf8) + content, type: "application/octet-stream")
    })

/// Reads a body or the file of a form alike.
private func bytes(of source: some AsyncSequence<[UInt8], any Error> & Sendable) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await piece in source { bytes += piece }
    return bytes
}

/// Answers with the number of bytes of a form's file, or of another body, and of the largest piece.
let measuring = Route(
    .post, "/measure",
    .streamed(upTo: 100_000_000) { _, body in
        let (count, largest) =
            body.isForm ? try await measure(body.file(named: "file").bytes) : try await measure(body)
        return .bytes(Array("\(count) \(largest < 1 << 20)".utf8), type: "text/plain")
    })

private func measure(_ source: some AsyncSequence<[UInt8], any Error> & Sendable) async throws -> (Int, Int) {
    var (count, largest) = (0, 0)
    for try await piece in source {
        count += piece.count
        largest = max(largest, piece.count)
    }
    return (count, largest)
}

extension RawClient {
    /// Sends a form together with its head, which is quicker than one after the other.
    func upload(_ form: [UInt8], type: String = Form.type(), headers: String = "") throws -> Response {
        let head = "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: \(form.count)\r\n\(type)\(headers)\r\n"
        try send(Array(head.utf8) + form)
        return try read()
    }
}
