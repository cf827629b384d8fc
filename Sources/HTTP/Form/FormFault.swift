import Core

/// What can be wrong with a body of `multipart/form-data` that should bring one file.
package enum FormFault: Sendable, Equatable {
    /// The body is of another media type.
    case notForm
    /// The `Content-Type` names no boundary that can be used, or more than one.
    case boundary
    /// A part's headers, or the text before the first part or behind the last, are longer than needed.
    case tooLong(limit: Int)
    /// A part has no name that can be read.
    case unnamed(expected: String)
    /// A part's header says two different things.
    case ambiguousPart
    /// There is another field or file beside the one that is asked for.
    case otherPart(expected: String)
    case noFile(expected: String)
    /// The part is base64 or quoted-printable.
    case encodedPart
    /// The part is a multipart body of its own.
    case nestedPart
    /// The boundary that the `Content-Type` names stands nowhere in the body.
    case noBoundary
    /// The body ends before the form does.
    case unfinished
    /// A line ends with LF alone.
    case bareLineFeed
    /// A part's header is no header, or the form goes on behind its end.
    case broken

    var code: ErrorCode {
        switch self {
        case .unfinished: .bodyIncomplete
        case .otherPart, .noFile, .ambiguousPart: .invalidForm
        case .encodedPart: .unsupportedEncoding
        case .notForm, .nestedPart: .unsupportedMediaType
        case .boundary, .noBoundary, .tooLong, .unnamed, .bareLineFeed, .broken: .malformedRequest
        }
    }

    var message: String {
        switch self {
        case .notForm: "The body is not multipart/form-data."
        case .boundary:
            "The form's Content-Type must name one boundary of 1 to \(Limits.formBoundaryBytes) printable ASCII"
                + " characters; let your HTTP library write this header."
        case .tooLong(let limit):
            "A part's headers, or the text before or behind the form's parts, are longer than \(limit) bytes."
        case .unnamed(let name):
            "A part of the form has no readable name; write Content-Disposition: form-data; name=\"\(name)\"."
        case .ambiguousPart:
            "A part of the form gives its name, file name or type twice and differently; give each once."
        case .otherPart(let name):
            "The form must have a single part, a file named `\(name)`, as in curl -F \(name)=@customers.csv."
                + " Put options in the query, such as ?model=churn."
        case .noFile(let name):
            "The form has no file; send one named `\(name)`, as in curl -F \(name)=@customers.csv."
        case .encodedPart: "The form's file has a Content-Transfer-Encoding; send its bytes as they are."
        case .nestedPart: "The form's file is a multipart body of its own; send the file itself."
        case .noBoundary:
            "The boundary that the Content-Type names is nowhere in the body; let your HTTP library write both."
        case .unfinished: "The form ended before its closing boundary; send it again."
        case .bareLineFeed:
            "A line of the form ends with LF alone; its boundaries and headers must end with CRLF. Let your HTTP library"
                + " write the form."
        case .broken: "The body is not well-formed multipart/form-data; let your HTTP library write it."
        }
    }
}
