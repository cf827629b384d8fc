import HTTP
import Testing

/// What is a form, and is refused.
@Suite struct FormFaultTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var type = Form.type()
        let form: [UInt8]
        let says: String
    }

    private static let field = Form.part("Content-Disposition: form-data; name=\"model\"\r\n", Array("churn".utf8))
    private static let file = Form.part(Form.curlHead, Array("a,b\n".utf8))
    private static let emptyFile = Form.part(Form.curlHead, [])
    private static let nested = """
        Content-Disposition: form-data; name="file"\r
        Content-Type: multipart/mixed; boundary=N\r

        """
    private static let alone = "The form must have a single part, a file named `file`"

    /// What could mean two things, or is no file, though well-formed: 422.
    static let otherParts: [Fault] = [
        Fault(testDescription: "a field before the file", form: field + file + Form.end(), says: alone),
        Fault(testDescription: "a field behind the file", form: file + field + Form.end(), says: alone),
        Fault(testDescription: "two files", form: file + file + Form.end(), says: alone),
        Fault(testDescription: "an empty file before the file", form: emptyFile + file + Form.end(), says: alone),
        Fault(testDescription: "an empty file behind the file", form: file + emptyFile + Form.end(), says: alone),
        Fault(testDescription: "two empty files", form: emptyFile + emptyFile + Form.end(), says: alone),
        Fault(testDescription: "a part without a head", form: file + Form.part("", []) + Form.end(), says: alone),
        Fault(
            testDescription: "a file of another name",
            form: Form.part("Content-Disposition: form-data; name=\"File\"\r\n", []) + Form.end(), says: alone),
        Fault(testDescription: "a form without parts", form: Form.end(), says: "The form has no file"),
        Fault(
            testDescription: "a browser's form in which no file was chosen",
            form: Form.part(
                "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n",
                []) + Form.end(), says: "The form has no file"),
        Fault(
            testDescription: "two names",
            form: Form.part("Content-Disposition: form-data; name=\"file\"; name=\"model\"\r\n", []) + Form.end(),
            says: "twice and differently"),
        Fault(
            testDescription: "two types",
            form: Form.part(Form.curlHead + "Content-Type: application/x-ndjson\r\n", []) + Form.end(),
            says: "twice and differently"),
    ]

    /// What is not read here though other services may read it: 415.
    static let unread: [Fault] = [
        Fault(
            testDescription: "a form within the form",
            form: Form.part(
                nested, Array("--N\r\nContent-Disposition: file; filename=\"a\"\r\n\r\na,b\n\r\n--N--".utf8))
                + Form.end(), says: "multipart body of its own"),
        Fault(
            testDescription: "base64",
            form: Form.part(Form.curlHead + "Content-Transfer-Encoding: base64\r\n", Array("YSxi".utf8)) + Form.end(),
            says: "send its bytes as they are"),
    ]

    static let broken: [Fault] = [
        Fault(testDescription: "an empty body", form: [], says: "is nowhere in the body"),
        Fault(testDescription: "no form", form: Array("a,b\r\n1,2\r\n".utf8), says: "is nowhere in the body"),
        Fault(
            testDescription: "another boundary than the header names",
            form: Form.part(Form.curlHead, [], boundary: "Z") + Form.end(boundary: "Z"), says: "is nowhere in the body"),
        Fault(
            testDescription: "NUL in the name",
            form: Form.part("Content-Disposition: form-data; name=\"fi\0le\"\r\n", []) + Form.end(),
            says: "well-formed"),
        Fault(testDescription: "no head", form: Form.part("", []) + Form.end(), says: "no readable name"),
        Fault(
            testDescription: "a disposition of another kind",
            form: Form.part("Content-Disposition: attachment; name=file\r\n", []) + Form.end(), says: "well-formed"),
        Fault(
            testDescription: "a quotation mark that is not closed",
            form: Form.part("Content-Disposition: form-data; name=\"file; filename=a.csv\r\n", []) + Form.end(),
            says: "well-formed"),
        Fault(
            testDescription: "a line without a colon", form: Form.part(Form.curlHead + "nonsense\r\n", []) + Form.end(),
            says: "well-formed"),
        Fault(
            testDescription: "a form behind the form", form: file + Form.end() + file + Form.end(), says: "well-formed"),
        Fault(testDescription: "two ends", form: file + Form.end() + Form.end(), says: "well-formed"),
        Fault(
            testDescription: "lines that end with LF alone",
            form: Array(
                "--\(Form.boundary)\nContent-Disposition: form-data; name=\"file\"\n\na\n--\(Form.boundary)--\n".utf8),
            says: "must end with CRLF"),
        Fault(
            testDescription: "lines of a head that end with LF alone",
            form: Form.part("Content-Disposition: form-data; name=\"file\"\n", []) + Form.end(),
            says: "must end with CRLF"),
        Fault(testDescription: "no end", form: file, says: "ended before its closing boundary"),
    ]

    static let beyondBounds: [Fault] = [
        Fault(
            testDescription: "a long file name",
            form: Form.part(
                "Content-Disposition: form-data; name=\"file\"; filename=\"\(String(repeating: "a", count: 20_000))\"\r\n",
                []) + Form.end(), says: "longer than 16384 bytes"),
        Fault(
            testDescription: "many lines in the head",
            form: Form.part(Form.curlHead + String(repeating: "X: y\r\n", count: 3_000), []) + Form.end(),
            says: "longer than 16384 bytes"),
        Fault(
            testDescription: "a long text before the form",
            form: [UInt8](repeating: UInt8(ascii: "-"), count: 2_000_000) + Array("\r\n".utf8) + file + Form.end(),
            says: "longer than 16384 bytes"),
        Fault(
            testDescription: "a long text behind the form",
            form: file + Form.end() + [UInt8](repeating: 13, count: 20_000), says: "longer than 16384 bytes"),
        Fault(
            testDescription: "a long head behind the file",
            form: file + Form.part(String(repeating: "X: y\r\n", count: 300_000), []) + Form.end(),
            says: "longer than 16384 bytes"),
    ]

    static let boundaries: [Fault] = [
        "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=\"B",
        "multipart/form-data; boundary=\(String(repeating: "b", count: 71))",
        "multipart/form-data; boundary=B; boundary=C", "multipart/form-data; boundary=\"B \"",
        "multipart/form-data; boundary=\"B\"x", "multipart/form-data; xboundary=B", "multipart/form-data; boundary=ä",
        "multipart/form-data; boundary=B\r\nContent-Type: text/csv",
    ].map { type in
        Fault(
            testDescription: type, type: "Content-Type: \(type)\r\n", form: Form.part(Form.curlHead, [], boundary: "B"),
            says: "must name one boundary")
    }

    @Test(arguments: [(otherParts, 422), (unread, 415), (broken + beyondBounds + boundaries, 400)])
    func `is refused in a sentence, and the connection lives on`(faults: [Fault], status: Int) async throws {
        try await serving([uploading]) { fixture in
            for fault in faults {
                let client = try fixture.connect()
                let answer = try client.upload(fault.form, type: fault.type)
                #expect(answer.status == status, "\(fault)")
                let text = answer.text.replacing("\\/", with: "/").replacing("\\\"", with: "\"")
                #expect(text.contains(fault.says), "\(fault): \(text)")
                #expect(try client.upload(Form.file("fine")).text.hasSuffix("|fine"), "\(fault)")
            }
        }
    }

    @Test
    func `a longest boundary is taken`() async throws {
        try await serving([uploading]) { fixture in
            let boundary = String(repeating: "b", count: 59) + "'()+_,-./:="
            let form = Form.part(Form.curlHead, Array("a".utf8), boundary: boundary) + Form.end(boundary: boundary)
            let answer = try fixture.connect().upload(form, type: Form.type("\"\(boundary)\""))
            #expect(boundary.count == 70)
            #expect(answer.text.hasSuffix("|a"))
        }
    }

    @Test
    func `a body of another type is no form`() async throws {
        try await serving([uploading]) { fixture in
            for type in ["text/csv", "multipart/form-data-x; boundary=B", "multipart/form-data boundary=B", ""] {
                let answer = try fixture.connect().upload(Form.file("a"), type: "Content-Type: \(type)\r\n")
                #expect(answer.status == 415)
                #expect(answer.text.contains("is not multipart"))
            }
        }
    }
}
