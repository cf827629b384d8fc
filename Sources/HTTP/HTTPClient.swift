import CCurl
import Core

/// Sends requests with libcurl and waits for their answers, on the caller's thread.
///
/// Keeps its connection between requests. Belongs to one thread at a time, as the library's handle does
/// (<https://curl.se/libcurl/c/threadsafe.html>). Redirects are not followed: no route of ours redirects.
///
/// Comes from: the command line. Goes to: a running service.
package final class HTTPClient {
    /// What came back.
    package struct Answer: Sendable {
        package var status: Int
        package var headers: HTTPHeaders
        /// The decompressed body; empty when it was given to `onBytes`.
        package var body: [UInt8]
    }

    private let handle: OpaquePointer
    private let certificateFile: String?

    /// - Parameter certificateFile: a PEM file of the certificates to trust, in place of the system's.
    package init(certificateFile: String? = nil) {
        precondition(Self.isReady, "libcurl could not be initialized")
        guard let handle = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
        self.handle = OpaquePointer(handle)
        self.certificateFile = certificateFile
    }

    deinit { curl_easy_cleanup(UnsafeMutableRawPointer(handle)) }

    /// Sends one request and waits for its whole answer.
    ///
    /// - Parameters:
    ///   - url: the address with its query, percent-encoded.
    ///   - limit: bytes of an answer that is kept in memory.
    ///   - deadline: the time for everything; nil for none.
    ///   - onProgress: hears at least once a second how many bytes of the body were sent; throwing ends the request.
    ///   - onBytes: takes the body of an answer below 400 piece by piece, without a bound; throwing ends the request.
    /// - Throws: ``HTTPClientError``, or what a closure threw.
    package func send(
        _ method: HTTPMethod, _ url: String, headers: HTTPHeaders = HTTPHeaders(), body: HTTPUpload = .none,
        upTo limit: Int = Limits.clientAnswerBytes, deadline: Duration? = nil,
        onProgress: ((Int) throws -> Void)? = nil, onBytes: (([UInt8]) throws -> Void)? = nil
    ) throws -> Answer {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { throw HTTPClientError.invalidURL }
        return try withoutActuallyEscaping(onProgress ?? { _ in }) { onProgress in
            let transfer = Transfer(body: body, limit: limit, onProgress: onProgress, onBytes: onBytes)
            let easy = UnsafeMutableRawPointer(handle)
            curl_easy_reset(easy)
            var list = headerList(headers)
            defer { curl_slist_free_all(list) }
            setRequest(easy, method, url, &list, body, deadline)
            transfer.attach(to: easy)
            let code = curl_easy_perform(easy)
            if let error = transfer.error { throw error }
            // Who refuses a body early may close before it was sent whole; what was answered until then says why.
            guard code == CURLE_OK || transfer.status >= 400 && !transfer.received.isEmpty else {
                throw Self.error(code, url: url)
            }
            return Answer(status: transfer.status, headers: transfer.headers, body: transfer.received)
        }
    }

    private func setRequest(
        _ easy: UnsafeMutableRawPointer, _ method: HTTPMethod, _ url: String,
        _ list: inout UnsafeMutablePointer<curl_slist>?, _ body: HTTPUpload, _ deadline: Duration?
    ) {
        sibyl_curl_set_text(easy, CURLOPT_URL, url)
        sibyl_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        sibyl_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Timeouts without signals, which belong to the program and not to a library in it.
        sibyl_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        sibyl_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT, 10)
        sibyl_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(deadline?.wholeMilliseconds ?? 0))
        // Every coding that the library knows, undone by it.
        sibyl_curl_set_text(easy, CURLOPT_ACCEPT_ENCODING, "")
        if Self.isLoopback(url) { sibyl_curl_set_text(easy, CURLOPT_NOPROXY, "*") }
        if let certificateFile { sibyl_curl_set_text(easy, CURLOPT_CAINFO, certificateFile) }
        switch body {
        case .none: if method == .head { sibyl_curl_set_long(easy, CURLOPT_NOBODY, 1) }
        case .bytes(let bytes): setUpload(easy, length: bytes.count)
        case .file(_, let length): setUpload(easy, length: length ?? -1)
        }
        if method != .get, method != .head { sibyl_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, method.rawValue) }
        // A POST without a body says so, because servers and proxies may ask for a length.
        if case .none = body, method == .post { list = curl_slist_append(list, "Content-Length: 0") }
        sibyl_curl_set_list(easy, CURLOPT_HTTPHEADER, list)
    }

    private func setUpload(_ easy: UnsafeMutableRawPointer, length: Int) {
        sibyl_curl_set_long(easy, CURLOPT_UPLOAD, 1)
        sibyl_curl_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(length))
    }

    private func headerList(_ headers: HTTPHeaders) -> UnsafeMutablePointer<curl_slist>? {
        headers.fields.reduce(nil) { list, field in
            // An empty value is written with a semicolon, else the library leaves the header out.
            curl_slist_append(list, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
    }

    private static func isLoopback(_ url: String) -> Bool {
        ["//localhost", "//127.", "//[::1]"].contains { url.contains($0) }
    }

    private static func error(_ code: CURLcode, url: String) -> HTTPClientError {
        let cause = String(cString: curl_easy_strerror(code))
        return switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT:
            .unreachable(url: origin(of: url), cause: cause)
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidURL
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR: .untrusted(cause: cause)
        default: .broken(cause: cause)
        }
    }

    /// The scheme and host of an address, without a path or a secret in a query.
    private static func origin(of url: String) -> String {
        let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.prefix(3).joined(separator: "/")
    }

    /// Must be called once before anything else, <https://curl.se/libcurl/c/curl_global_init.html>.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
