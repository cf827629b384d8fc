import Foundation
import HTTP
import Testing

/// These need the `openssl` program, which makes the certificate and offers old versions.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct TLSTests {
    static let routes = [Route(.get, "/now", .immediate { _ in .json(Array("{}".utf8)) })]

    /// Runs the program to its end; gives its exit code and what it wrote.
    static func openssl(_ arguments: String, input: String? = nil) throws -> (code: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments.split(separator: " ").map(String.init)
        let pipe = Pipe()
        let words = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : words
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        if let input { words.fileHandleForWriting.write(Data(input.utf8)) }
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    static func withCertificate(
        _ work: @escaping @Sendable (HTTPServerConfiguration, _ certificateFile: String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sibyl-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (key, certificate) = (folder.appending(path: "key.pem"), folder.appending(path: "cert.pem"))
        let tls = try await onThread {
            _ = try openssl(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
                    + "-addext subjectAltName=IP:127.0.0.1 -keyout \(key.path) -out \(certificate.path)")
            return HTTPServerConfiguration.TLS(
                certificate: try String(contentsOf: certificate, encoding: .utf8),
                key: try String(contentsOf: key, encoding: .utf8))
        }
        try await work(HTTPServerConfiguration(tls: tls), certificate.path)
        try FileManager.default.removeItem(at: folder)
    }

    @Test
    func `answers over TLS to who trusts its certificate`() async throws {
        try await Self.withCertificate { configuration, certificateFile in
            try await serving(Self.routes, configuration: configuration) { fixture in
                let url = "https://127.0.0.1:\(fixture.port)/now"
                let answer = try HTTPClient(certificateFile: certificateFile).send(.get, url)
                #expect(answer.body == Array("{}".utf8))
                let error = #expect(throws: HTTPClientError.self) { try HTTPClient().send(.get, url) }
                guard case .untrusted? = error else {
                    Issue.record("another error: \(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test
    func `looks at what comes out of the records, not at the records`() async throws {
        let routes =
            Self.routes + [
                Route(.post, "/body", .collected(upTo: 100) { _, bytes in .bytes(bytes, type: "text/plain") })
            ]
        try await Self.withCertificate { configuration, _ in
            try await serving(routes, configuration: configuration) { fixture in
                let target = "s_client -quiet -connect 127.0.0.1:\(fixture.port)"
                let head = "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
                let fine = try Self.openssl(
                    target, input: head + "Connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                ).output
                #expect(fine.hasPrefix("HTTP/1.1 200") && fine.hasSuffix("abc"), "\(fine)")
                let broken = try Self.openssl(target, input: head + "\r\n3\nabc\r\n0\r\n\r\n").output
                #expect(broken.hasPrefix("HTTP/1.1 400") && broken.contains("malformed_request"), "\(broken)")
            }
        }
    }

    @Test
    func `offers TLS 1.2 and 1.3 and nothing older`() async throws {
        try await Self.withCertificate { configuration, _ in
            try await serving(Self.routes, configuration: configuration) { fixture in
                for (version, isOffered) in [("tls1", false), ("tls1_1", false), ("tls1_2", true), ("tls1_3", true)] {
                    let target = "s_client -connect 127.0.0.1:\(fixture.port) -\(version) -cipher ALL:@SECLEVEL=0"
                    let output = try Self.openssl(target).output
                    #expect(output.contains("Cipher is (NONE)") == !isOffered)
                }
            }
        }
    }

    @Test
    func `a certificate that is none is told at the start`() async throws {
        let tls = HTTPServerConfiguration.TLS(certificate: "nonsense", key: "nonsense")
        #expect(throws: ListenError.self) { try ServerFixture([], configuration: HTTPServerConfiguration(tls: tls)) }
    }
}
