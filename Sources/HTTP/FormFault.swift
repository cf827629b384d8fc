import Core

/// What can be wrong with a body of `multipart/form-data` that should bring one file.
package enum FormFault: Sendable, Equatable {
    /// The body is of another media type.
    case notForm
    /// The `Content-Type` names no boundary that can be used.
    case boundary
    /// More comes before the file's first byte than the headers of one part need.
    case headTooLong(limit: Int)
    /// The part's name cannot be read.
    case unnamed(expected: String)
    /// There is another field or file beside the one that is asked for.
    case otherPart(expected: String)
    case noFile(expected: String)
    /// The part is base64 or quoted-printable.
    case encodedPart
    /// The body ends before the form does.
    case unfinished
    /// Neither a part nor an end stands where one of them must.
    case broken

    var code: ErrorCode { self == .unfinished ? .bodyIncomplete : .malformedRequest }

    var message: String {
        switch self {
        case .notForm: "The body is not multipart/form-data."
        case .boundary:
            "The form's Content-Type must end with boundary= and 1 to 70 letters, digits or marks of RFC 2046;"
                + " let your HTTP library write this header."
        case .headTooLong(let limit): "The form's part has headers of more than \(limit) bytes."
        case .unnamed(let name):
            "The form's part has no readable name; write Content-Disposition: form-data; name=\"\(name)\" with the quotes."
        case .otherPart(let name):
            "The form must hold one part alone, a file named \(name), as of curl -F \(name)=@customers.csv;"
                + " options belong into the query, such as ?model=churn."
        case .noFile(let name): "The form holds no file; send one named \(name), as of curl -F \(name)=@customers.csv."
        case .encodedPart: "The form's file has a Content-Transfer-Encoding; send its bytes as they are."
        case .unfinished:
            "The form ended before its closing boundary, or its lines do not end with CRLF; send it again."
        case .broken: "The body is not well-formed multipart/form-data; let your HTTP library write it."
        }
    }
}
