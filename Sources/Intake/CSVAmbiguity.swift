/// What about a table's format cannot be decided, with the remedy.
package enum CSVAmbiguity: Sendable, Equatable, CaseIterable {
    case delimiter
    /// Numbers could mean two things.
    case decimal
    case mixedNumbers
    case sameSeparator
    /// UTF-16 or UTF-32 was said, and nothing tells the order of bytes.
    case byteOrder
    /// The text has zeros between its letters and no byte order mark.
    case noMark
    /// The byte order mark is another character set's than was said.
    case contradictingMark
    /// The text is not UTF-8, and no likely Windows-1252.
    case encoding
    /// Some cells are UTF-8, and about as many are not.
    case twoEncodings
    /// The delimiter is a byte that letters have, too.
    case hiddenPipe
    /// Excel's hint names a delimiter that is not read.
    case unknownHint
    case contradictingHint

    package var message: String {
        switch self {
        case .delimiter: "The header fits the model with more than one delimiter; say which with `delimiter`."
        case .decimal:
            "The numbers could mean two things, such as 1,234 or 1.234; say `decimal`, and `thousands` if there are any."
        case .mixedNumbers:
            "The numbers are written in more than one way; write them alike, or say `decimal` and `thousands`."
        case .sameSeparator: "`decimal` and `thousands` are the same character; they must differ."
        case .hiddenPipe:
            "In this character set the byte of `|` is also a part of letters; use another delimiter, or save the table as "
                + "UTF-8."
        case .unknownHint:
            "The first line (`sep=…`) names an unsupported delimiter; supported are `,`, `;`, tab and `|`."
        case .contradictingHint:
            "The first line (`sep=…`) and the `delimiter` option name different delimiters; remove one of them."
        default: encodingMessage
        }
    }

    private var encodingMessage: String {
        switch self {
        case .byteOrder:
            "The text has no byte order mark, so that the order of its bytes is not known; say `utf-16le` or `utf-16be` (or "
                + "`utf-32le`, `utf-32be`), or save it as UTF-8."
        case .noMark:
            "The text looks like UTF-16 without a byte order mark; say `encoding=utf-16le` or `encoding=utf-16be`, or save it "
                + "as UTF-8."
        case .contradictingMark:
            "The file's byte order mark does not match `encoding` or the charset of Content-Type; remove those, or give the "
                + "file's real character set."
        case .twoEncodings:
            "Some cells are UTF-8 and others are not; say the table's character set with `encoding`, or save it as UTF-8."
        default:
            "The text is not UTF-8, and does not look like Windows-1252; say its character set with `encoding`, such as "
                + "`encoding=macintosh`, or save it as UTF-8."
        }
    }
}
