package import Core

/// An error as a caller sees it: `application/problem+json` of RFC 9457, <https://www.rfc-editor.org/rfc/rfc9457>.
///
/// Comes from: the function that maps errors to statuses. Goes to: the caller.
package struct Problem: Sendable, Equatable {
    /// One of several mistakes in a request.
    package struct Detail: Sendable, Equatable {
        /// A JSON pointer into the body, such as `/inputs/17/text`.
        package var pointer: String
        /// The row, counted from 0.
        package var row: Int?
        /// The line of the input, counted from 1.
        package var line: Int?
        package var code: ErrorCode
        package var message: String

        package init(pointer: String, row: Int? = nil, line: Int? = nil, code: ErrorCode, message: String) {
            self.pointer = pointer
            self.row = row
            self.line = line
            self.code = code
            self.message = message
        }
    }

    /// The status code, 400 to 599.
    package var status: Int
    package var code: ErrorCode
    /// A URI that names the kind of problem.
    package var type: String
    /// The kind of problem in a few words, the same for every occurrence.
    package var title: String
    /// What went wrong this time and what to do, in one sentence; never input text.
    package var detail: String
    package var errors: [Detail]
    /// Further headers, such as `Retry-After`.
    package var headers: HTTPHeaders
    /// Further members, by name: RFC 9457, section 3.2.
    package var members: [String: String]

    package init(
        status: Int, code: ErrorCode, type: String = "about:blank", title: String? = nil, detail: String,
        errors: [Detail] = [], headers: HTTPHeaders = HTTPHeaders(), members: [String: String] = [:]
    ) {
        self.members = members
        self.status = status
        self.code = code
        self.type = type
        self.title = title ?? HTTPStatus.phrase(of: status)
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// The answer that carries the problem.
    ///
    /// - Parameters:
    ///   - instance: the path that was asked for; nil when it could not be read.
    ///   - requestID: what finds this occurrence in the logs.
    package func response(instance: String?, requestID: String) -> HTTPResponse {
        let bytes = JSONWriter.write { json in
            json.object { json in
                json.member("type", type)
                json.member("title", title)
                json.member("status", status)
                json.member("detail", detail)
                if let instance { json.member("instance", instance) }
                json.member("code", code.rawValue)
                json.member("request_id", requestID)
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.key(escaping: name)
                    json.value(value)
                }
                if !errors.isEmpty { writeErrors(into: &json) }
            }
        }
        var response = HTTPResponse.bytes(
            bytes, type: "application/problem+json", status: status, headers: headers)
        response.code = code
        return response
    }

    private func writeErrors(into json: inout JSONWriter) {
        json.key("errors")
        json.array { json in
            for error in errors.prefix(Limits.reportedFaults) {
                json.object { json in
                    json.member("pointer", error.pointer)
                    if let row = error.row { json.member("row", row) }
                    if let line = error.line { json.member("line", line) }
                    json.member("code", error.code.rawValue)
                    json.member("message", error.message)
                }
            }
        }
    }
}
