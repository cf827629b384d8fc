package import Core

/// Why an input as a whole cannot be read; a single bad row is a fault of that row instead.
package enum IntakeError: CodedError, Equatable {
    /// The bytes are not JSON (RFC 8259).
    case malformedJSON(atByte: Int, problem: JSONProblem)
    /// The JSON holds bytes that are not UTF-8.
    case invalidUTF8(atByte: Int)
    /// The JSON nests deeper than ``Limits/jsonDepth``.
    case nestedTooDeep(atByte: Int)
    /// The JSON is not the object, or the array, that it must be.
    case wrongDocument(expected: String)
    /// The body has no member that carries rows, or an empty one.
    case noRows
    /// The body says its rows twice, in two members.
    case twoCarriers(String, String)
    /// The body has more rows than one body may.
    case tooManyRows(found: Int, limit: Int)
    /// The body has members that mean nothing; the caller's names are not repeated, the allowed ones are.
    case unknownField(nearest: String?, allowed: [String])
    /// A member of the body has a value of the wrong kind.
    case wrongField(name: String, expected: String)
    /// The rows are carried in a way that does not suit the model.
    case unsuitableCarrier(String, inputs: [String])
    /// The table's header lacks columns that the model needs.
    case missingColumns([String], found: [String], nearest: [String])
    /// The table's header has two columns for one input.
    case duplicateColumn(String)
    /// The table's header has more columns than ``Limits/rowFields``.
    case tooManyColumns
    /// The table's header cannot be read.
    case malformedHeader(CSVProblem)
    /// The map of columns names an input that the model does not have.
    case unknownMappedInput(nearest: String?, inputs: [String])
    /// How the table is written could mean two things, or nothing.
    case ambiguousFormat(CSVAmbiguity)
    /// The system lacks the table by which a character set is read.
    case unreadableEncoding(String)
    /// A quoted field does not end, so that no later row can be told apart.
    case unclosedQuote(line: Int)
    /// A row is longer than ``Limits/rowBytes`` and its end cannot be found.
    case rowTooLarge(line: Int)

    package var code: ErrorCode {
        switch self {
        case .malformedJSON: .malformedJSON
        case .invalidUTF8: .invalidUTF8
        case .nestedTooDeep: .nestedTooDeep
        case .wrongDocument, .wrongField: .wrongType
        case .noRows: .noRows
        case .twoCarriers: .invalidParameter
        case .tooManyRows: .tooManyRows
        case .unknownField, .unsuitableCarrier: .unknownField
        case .missingColumns: .missingColumn
        case .duplicateColumn: .duplicateColumn
        case .tooManyColumns, .rowTooLarge: .rowTooLarge
        case .malformedHeader(let problem): problem == .invalidUTF8 ? .invalidUTF8 : .malformedCSV
        case .unknownMappedInput: .unknownInput
        case .unreadableEncoding: .unsupportedEncoding
        case .unclosedQuote, .ambiguousFormat: .malformedCSV
        }
    }

    package var message: String {
        switch self {
        case .malformedJSON(let offset, let problem): "The JSON breaks off at byte \(offset): \(problem.rawValue)."
        case .invalidUTF8(let offset): "The text is not UTF-8 at byte \(offset); send UTF-8."
        case .nestedTooDeep(let offset): "The JSON nests deeper than \(Limits.jsonDepth) levels at byte \(offset)."
        case .wrongDocument(let expected): "The body must be \(expected)."
        case .noRows: "There are no rows; send `text`, `input`, `data`, `inputs` or `texts`, with at least one row."
        case .twoCarriers(let one, let other): "Both `\(one)` and `\(other)` carry rows; send one of them."
        case .tooManyRows(let found, let limit):
            "The body has \(found) rows and at most \(limit) fit; send the rest in another one, or as CSV or NDJSON."
        case .unknownField(let nearest, let allowed):
            "The body has a field that is not known\(nearest.map { " (did you mean `\($0)`?)" } ?? ""); "
                + "known are \(NameList.text(allowed))."
        case .wrongField(let name, let expected): "`\(name)` must be \(expected)."
        case .unsuitableCarrier(let name, let inputs):
            "`\(name)` is for models of one text; send `input` or `inputs` with \(NameList.text(inputs))."
        default: tableMessage
        }
    }

    private var tableMessage: String {
        switch self {
        case .missingColumns(let missing, let found, let nearest):
            "The header lacks \(NameList.text(missing)); it has \(found.count) columns: \(NameList.text(found))"
                + (nearest.isEmpty ? "." : "; nearest: \(NameList.text(nearest)).")
        case .duplicateColumn(let name): "The header has two columns for `\(name)`; keep one."
        case .tooManyColumns: "The header has more than \(Limits.rowFields) columns; leave out those not needed."
        case .malformedHeader(let problem): "The header \(problem.rawValue)."
        case .unknownMappedInput(let nearest, let inputs):
            "`map` names an input that the model lacks\(nearest.map { " (did you mean `\($0)`?)" } ?? ""); "
                + "it has \(NameList.text(inputs))."
        case .ambiguousFormat(let ambiguity): ambiguity.rawValue
        case .unreadableEncoding(let name): "The service cannot read `\(name)` here; send UTF-8."
        case .unclosedQuote(let line): "The quoted field of the row on line \(line) does not end; close its quote."
        default:
            "A row is longer than \(Limits.rowBytes) bytes\(line.map { " on line \($0)" } ?? ""); "
                + "close its quotes or shorten it."
        }
    }

    /// The byte of the input, from 0, at which it cannot be read; nil where it is not one byte's fault.
    package var offset: Int? {
        switch self {
        case .malformedJSON(let offset, _), .invalidUTF8(let offset), .nestedTooDeep(let offset): offset
        default: nil
        }
    }

    /// The line of the input, from 1, on which the row at fault begins.
    package var line: Int? {
        switch self {
        case .unclosedQuote(let line), .rowTooLarge(let line): line
        default: nil
        }
    }

    /// A JSON pointer to the member at fault; empty for the document as a whole.
    package var pointer: String {
        switch self {
        case .wrongField(let name, _), .unsuitableCarrier(let name, _), .twoCarriers(_, let name): "/\(name)"
        default: ""
        }
    }
}

/// What is wrong with bytes that should be JSON.
package enum JSONProblem: String, Sendable, Equatable {
    case endsEarly = "the text ends early"
    case expectedValue = "a value must stand here"
    case expectedName = "a member's name in double quotes must stand here"
    case expectedColon = "a colon must stand here"
    case expectedCommaOrEnd = "a comma or the closing bracket must stand here"
    case trailingBytes = "nothing may follow the value"
    case controlCharacter = "a control character in a string must be escaped"
    case unknownEscape = "the escape is not known; a backslash itself is written twice"
    case loneSurrogate = "half of a surrogate pair stands alone"
    case malformedNumber = "the number is not written as JSON asks"
    case duplicateName = "a member's name stands twice in one object"
}

/// What is wrong with one record of a table.
package enum CSVProblem: String, Sendable, Equatable {
    case textAfterQuote = "has text after a closing quote; double the quotes inside a quoted field"
    case invalidUTF8 = "is not UTF-8; save the file as UTF-8"
    case empty = "is missing; the first line must name the columns"
    case severalLines = "is not the first line alone"
}

/// What about a table's format cannot be decided, with the remedy.
package enum CSVAmbiguity: String, Sendable, Equatable {
    case delimiter = "The header fits the model with more than one delimiter; say which with `delimiter`."
    case decimal =
        "The numbers could mean two things, such as 1,234 or 1.234; say `decimal`, and `thousands` if there are any."
    case mixedNumbers =
        "The numbers are written in more than one way; write them alike, or say `decimal` and `thousands`."
    case sameSeparator = "`decimal` and `thousands` are the same character; they must differ."
    case byteOrder = "The text is not UTF-16 with a byte order mark; save it with one, or as UTF-8."
}
