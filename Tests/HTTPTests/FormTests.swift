import Compression
import Core
import Glibc
import HTTP
import Testing

@Suite struct FormTests {
    struct Spelling: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var type = Form.type("B1")
        var before = ""
        let head: String
        var end = "\r\n--B1--\r\n"
        let about: String
    }

    static let spellings: [Spelling] = [
        Spelling(testDescription: "curl's", head: Form.curlHead, about: "file|customers.csv|text/csv|"),
        Spelling(
            testDescription: "that of Python's requests",
            head: "Content-Disposition: form-data; name=\"file\"; filename=\"c.csv\"\r\n", about: "file|c.csv|-|"),
        Spelling(
            testDescription: "a quoted boundary", type: Form.type("\"B1\""), head: Form.curlHead,
            about: "file|customers.csv|text/csv|"),
        Spelling(
            testDescription: "a parameter before the boundary",
            type: "content-type: Multipart/Form-Data;charset=utf-8;boundary=B1\r\n", head: Form.curlHead,
            about: "file|customers.csv|text/csv|"),
        Spelling(
            testDescription: "a file name in two spellings",
            head:
                "Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''k%C3%A4.csv; filename=\"kä.csv\"\r\n",
            about: "file|kä.csv|-|"),
        Spelling(
            testDescription: "the extended file name alone",
            head: "Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''k%C3%A4.csv\r\n",
            about: "file|kä.csv|-|"),
        Spelling(
            testDescription: "an extended file name that cannot be decoded",
            head: "Content-Disposition: form-data; name=file; filename=\"a.csv\"; filename*=utf-7''%ff.csv\r\n",
            about: "file|a.csv|-|"),
        Spelling(
            testDescription: "that of .NET, whose names have no quotation marks", type: Form.type("\"B1\""),
            head: "Content-Disposition: form-data; name=file; filename=c.csv; filename*=utf-8''c.csv\r\n",
            about: "file|c.csv|-|"),
        Spelling(
            testDescription: "Spring's, with a character set behind the boundary",
            type: Form.type("B1;charset=UTF-8"),
            head: "Content-Disposition: form-data; name=\"file\"; filename=\"c.csv\"\r\nContent-Type: text/csv\r\n"
                + "Content-Length: 10\r\n", about: "file|c.csv|text/csv|"),
        Spelling(
            testDescription: "a quoted boundary before another parameter, in capitals",
            type: "Content-Type: Multipart/Form-Data; BOUNDARY=\"B1\" ; Charset=utf-8;\r\n", head: Form.curlHead,
            about: "file|customers.csv|text/csv|"),
        Spelling(
            testDescription: "a file name with quotation marks, backslashes and semicolons",
            head: "Content-Disposition: form-data; filename=\"C:\\a \\\"b\\\"; c\\\\d.csv\"; name=\"file\"\r\n",
            about: "file|C:\\a \"b\"; c\\d.csv|-|"),
        Spelling(
            testDescription: "a folded line",
            head: "Content-Disposition: form-data;\r\n name=\"file\";\r\n\tfilename=\"c.csv\"\r\n",
            about: "file|c.csv|-|"),
        Spelling(
            testDescription: "spaces behind the boundaries, and text before and behind the form",
            before: "This is a form.\r\n", head: Form.curlHead, end: "\r\n--B1-- \t\r\nThe end.\r\n",
            about: "file|customers.csv|text/csv|"),
        Spelling(
            testDescription: "small letters, a type with a parameter, an encoding that is none",
            head: "content-disposition: form-data; name=\"file\"\r\ncontent-type: Text/CSV; charset=UTF-8\r\n"
                + "content-transfer-encoding: Binary\r\nx-more: 1\r\n", about: "file|-|text/csv|"),
        Spelling(
            testDescription: "no line end behind the form", head: Form.curlHead, end: "\r\n--B1--",
            about: "file|customers.csv|text/csv|"),
        Spelling(
            testDescription: "an empty line before the form", before: "\r\n", head: Form.curlHead,
            about: "file|customers.csv|text/csv|"),
    ]

    @Test(arguments: spellings)
    func `a form is read in the spelling of many clients`(spelling: Spelling) async throws {
        try await serving([uploading]) { fixture in
            let form = "\(spelling.before)--B1\r\n\(spelling.head)\r\na,b\r\n1,2\r\n\(spelling.end)"
            let answer = try fixture.connect().upload(Array(form.utf8), type: spelling.type)
            #expect(answer.text == spelling.about + "a,b\r\n1,2\r\n")
        }
    }

    static let contents: [[UInt8]] = [
        [], Array("\r".utf8), Array("\r\n".utf8), Array("\r\n-".utf8), Array("\r\n--".utf8), Array("--".utf8),
        Array("\r\n\r\n\r\n".utf8), Array("\0\0\r\0\n--\0".utf8), Array("--\(Form.boundary)\r\n".utf8),
        Array("\r\n--\(Form.boundary.dropLast())\r\n".utf8), Array("\n--\(Form.boundary)--\r\n".utf8),
        Array("\r\n-\(Form.boundary)--\r\n".utf8), Array("\r\r\n--\r\n--\r\n------\r\n----".utf8),
        Array("a\r\n--\(Form.boundary)more\r\n--\(Form.boundary)-\r\n--\(Form.boundary)--x\r\nb".utf8),
        (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* $0) },
        Array(String(repeating: "\r\n--\(Form.boundary.dropLast(2))", count: 3_000).utf8),
    ]

    @Test(arguments: contents.indices)
    func `the file's bytes come as they are, whatever they look like`(index: Int) async throws {
        try await serving([uploading]) { fixture in
            let content = Self.contents[index]
            let expected = Array("file|customers.csv|text/csv|".utf8) + content
            let client = try fixture.connect()
            #expect(try client.upload(Form.file(content)).body == expected)
            let packed = Deflate.gzip(Form.file(content))
            #expect(try client.upload(packed, headers: "Content-Encoding: gzip\r\n").body == expected)
            try client.send("POST /upload HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\(Form.type())\r\n")
            let form = Form.file(content)
            for start in stride(from: 0, to: form.count, by: 7_001) {
                let piece = form[start..<min(start + 7_001, form.count)]
                try client.send(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + Array("\r\n".utf8))
            }
            try client.send("0\r\n\r\n")
            #expect(try client.read().body == expected)
        }
    }

    @Test(arguments: [1, 2, 3, 5, 7])
    func `a form in small pieces is read whole`(size: Int) async throws {
        try await serving([uploading]) { fixture in
            let client = try fixture.connect()
            client.sendAtOnce()
            for content in ["", "a,b\r\n1,2\r\n\r\n--no\r\n--\(Form.boundary.dropLast())+\r\n"] {
                let form = Form.file(content)
                try client.send(
                    "POST /upload HTTP/1.1\r\nHost: t\r\nContent-Length: \(form.count)\r\n\(Form.type())\r\n")
                for start in stride(from: 0, to: form.count, by: size) {
                    try client.send(Array(form[start..<min(start + size, form.count)]))
                }
                #expect(try client.read().text == "file|customers.csv|text/csv|\(content)")
            }
        }
    }

    @Test
    func `a form that is cut anywhere is never a whole file`() async throws {
        try await serving([uploading]) { fixture in
            let client = try fixture.connect()
            let form = Form.file("a,b\r\n1,2\r\n--\r\n")
            // The line end behind the last boundary may be missing.
            for count in 0..<form.count - 2 {
                let answer = try client.upload(Array(form.prefix(count)))
                #expect(answer.status == 400, "cut behind \(count) of \(form.count) bytes")
            }
            #expect(try client.upload(form).status == 200)
            let cut = try client.upload(form.dropLast(4))
            #expect(cut.text.contains(#""code":"body_incomplete""#))
        }
    }

    @Test
    func `a large file passes in bounded pieces`() async throws {
        try await serving([measuring]) { fixture in
            let client = try fixture.connect()
            let form = Form.file([UInt8](repeating: 13, count: 50_000_000))
            #expect(try client.post("/measure", form, headers: Form.type()).text == "50000000 true")
            let packed = Deflate.gzip(form)
            let headers = Form.type() + "Content-Encoding: gzip\r\n"
            #expect(try client.post("/measure", packed, headers: headers).text == "50000000 true")
            #expect(try client.post("/measure", Array("a,b\n".utf8)).text == "4 true")
        }
    }

    @Test
    func `a slow reader of a form holds the sender back`() async throws {
        let door = Door()
        let slow = Route(
            .post, "/slow",
            .streamed(upTo: 50_000_000) { _, body in
                let file = try await body.file(named: "file")
                await door.pass()
                var count = 0
                for try await piece in file.bytes { count += piece.count }
                return .bytes(Array("\(count)".utf8), type: "text/plain")
            })
        try await serving([slow]) { fixture in
            let client = try fixture.connect()
            let total = 20_000_000
            let head = Array("--\(Form.boundary)\r\n\(Form.curlHead)\r\n".utf8)
            let end = Array("\r\n".utf8) + Form.end()
            let length = head.count + total + end.count
            try client.send("POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\n\(Form.type())\r\n")
            try client.send(head)
            let accepted = client.sendWhileTaken(total)
            #expect(accepted < 15_000_000)
            door.open()
            try client.send([UInt8](repeating: 1, count: total - accepted) + end)
            #expect(try client.read().text == "\(total)")
        }
    }

    @Test
    func `a caller who goes away within a form breaks the file`() async throws {
        let begun = Door()
        let broken = Door()
        let route = Route(
            .post, "/in",
            .streamed(upTo: 1_000_000) { _, body in
                let file = try await body.file(named: "file")
                begun.open()
                do { for try await _ in file.bytes {} } catch HTTPError.bodyIncomplete { broken.open() }
                return HTTPResponse(status: 200)
            })
        try await serving([route]) { fixture in
            let client = try fixture.connect()
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 900000\r\n\(Form.type())\r\n")
            try client.send(Form.part(Form.curlHead, Array("only this".utf8)))
            try begun.waitUntilOpen()
            client.finishSending()
            try broken.waitUntilOpen()
        }
    }

    @Test
    func `another part is seen before the form ends, and what broke stays broken`() async throws {
        let begun = Door()
        let broken = Door()
        let route = Route(
            .post, "/in",
            .streamed(upTo: 1_000_000) { _, body in
                var bytes = try await body.file(named: "file").bytes.makeAsyncIterator()
                begun.open()
                do { while try await bytes.next() != nil {} } catch {
                    do { _ = try await bytes.next() } catch HTTPError.form(.otherPart) { broken.open() }
                }
                return HTTPResponse(status: 200)
            })
        try await serving([route]) { fixture in
            let client = try fixture.connect()
            let part = Form.part(Form.curlHead, Array("a".utf8))
            let length = 2 * part.count + Form.end().count
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\n\(Form.type())\r\n")
            try client.send(Array(part.dropLast(2)))
            try begun.waitUntilOpen()
            try client.send(Array(part.suffix(2)) + part)
            try broken.waitUntilOpen()
            try client.send(Form.end())
            #expect(try client.read().status == 200)
        }
    }
}
