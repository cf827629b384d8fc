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
    /// The body has a member that means nothing.
    case unknownField(String, nearest: String?, allowed: [String])
    /// A member of the body has a value of the wrong kind.
    case wrongField(name: String, expected: String)
    /// The rows are carried in a way that does not suit the model.
    case unsuitableCarrier(String, inputs: [String])
    /// The table's header lacks columns that the model needs.
    case missingColumns(MissingColumns)
    /// The table's header has two columns for one input, or for the row's id.
    case duplicateColumn(ColumnClash)
    /// The table ends behind its header.
    ///
    /// `isOneLine` says that no line of the file ends, as when a client took its line ends out.
    case headerAlone(isOneLine: Bool)
    /// The input is a file of another kind.
    case foreign(ForeignFile)
    /// Two numbers of a table are written in two ways.
    case mixedNumbers(NumberSighting, NumberSighting)
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
    /// JSON is said to be in another character set than UTF-8.
    case notUTF8(String)
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
        case .noRows, .headerAlone: .noRows
        case .foreign: .unsupportedMediaType
        case .twoCarriers: .invalidParameter
        case .tooManyRows: .tooManyRows
        case .unknownField, .unsuitableCarrier: .unknownField
        case .missingColumns: .missingColumn
        case .duplicateColumn: .duplicateColumn
        case .tooManyColumns, .rowTooLarge: .rowTooLarge
        case .malformedHeader: .malformedCSV
        case .unknownMappedInput: .unknownInput
        case .unreadableEncoding, .notUTF8: .unsupportedEncoding
        case .unclosedQuote: .malformedCSV
        case .ambiguousFormat, .mixedNumbers: .ambiguousFormat
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
        case .unknownField(let name, let nearest, let allowed):
            "The body has a field `\(NameList.clean(name))` that is not known"
                + "\(nearest.map { " (did you mean `\($0)`?)" } ?? ""); known are \(NameList.text(allowed))."
        case .wrongField(let name, let expected): "`\(name)` must be \(expected)."
        case .unsuitableCarrier(let name, let inputs):
            "`\(name)` is for models of one text; send `input` or `inputs` with \(NameList.text(inputs))."
        default: tableMessage
        }
    }

    private var tableMessage: String {
        switch self {
        case .missingColumns(let missing): missing.message
        case .duplicateColumn(let clash): clash.message
        case .headerAlone(false):
            "The table has a header and no rows; the first line names the columns, rows follow it."
        case .headerAlone(true):
            "The whole file is one line: a header and no rows. `curl -d` takes line ends out of a file; send it with "
                + "`curl --data-binary @FILE`."
        case .foreign(let file): file.message
        case .mixedNumbers(let one, let other):
            "The numbers are written in two ways: \(one.words) and \(other.words); write them alike, or say `decimal` and "
                + "`thousands`."
        case .tooManyColumns:
            "The header has more than \(Limits.rowFields) columns; leave out those not needed. " + Self.lostLineEnds
        case .malformedHeader(let problem): "The header \(problem.rawValue)."
        case .unknownMappedInput(let nearest, let inputs):
            "`map` names an input that the model lacks\(nearest.map { " (did you mean `\($0)`?)" } ?? ""); "
                + "it has \(NameList.text(inputs))."
        case .ambiguousFormat(let ambiguity): ambiguity.message
        case .unreadableEncoding(let name):
            "The service cannot read the character set `\(NameList.clean(name))`; send UTF-8, or say a name that iconv knows, "
                + "such as `windows-1252`, `utf-16` or `shift_jis`."
        case .notUTF8(let name): "JSON is UTF-8, and the Content-Type says `\(NameList.clean(name))`; send it as UTF-8."
        case .unclosedQuote(let line): "The quoted field of the row on line \(line) does not end; close its quote."
        default:
            "A row is longer than \(Limits.rowBytes) bytes\(line.map { " on line \($0)" } ?? ""); "
                + "close its quotes or shorten it.\(line == 1 ? " " + Self.lostLineEnds : "")"
        }
    }

    /// For a first line that is far too long, of a file that was not read to its end.
    private static let lostLineEnds =
        "If the whole file came as one line, `curl -d` took its line ends out: send it with `curl --data-binary @FILE`."

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
        case .mixedNumbers(_, let sighting): sighting.line
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
    case malformedNumber = "the number is not written as JSON asks"
    case notANumber = "`NaN` and `Infinity` are no JSON; write null for a value that is missing"
    case duplicateName = "a member's name stands twice in one object"
}

/// What is wrong with one record of a table.
package enum CSVProblem: String, Sendable, Equatable {
    case textAfterQuote = "has text after a closing quote; double the quotes inside a quoted field"
    case empty = "is missing; the first line must name the columns"
    case severalLines = "is not the first line alone"
}
