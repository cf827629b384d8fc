import Core

/// Reads one row of JSON into a builder: an object of the inputs, their values in order, or one bare value.
struct JSONRowReader: Sendable {
    /// How rows are written.
    enum Form: Sendable {
        /// Each row as it likes: an object, an array in the manifest's order, or the value of the only input.
        case any
        /// The value of the only input, and nothing else.
        case bare
    }

    let form: Form
    private let table: NameTable
    private let inputNames: [String]
    /// The member that holds the caller's row id; nil when an input has that name.
    private let idName: [UInt8]?

    /// - Parameter idName: the member that holds the caller's row id.
    init(_ signature: Signature, form: Form = .any, idName: String = "id") {
        self.form = form
        table = NameTable(signature)
        inputNames = signature.inputs.map(\.name)
        self.idName = inputNames.contains(idName) ? nil : Array(idName.utf8)
    }

    /// Reads the row that the cursor stands at, between the builder's `beginRow` and `endRow`.
    ///
    /// A value that breaks a rule fails the row, which is then read on for its syntax and its id.
    ///
    /// - Throws: `IntakeError` when the bytes are not JSON.
    func read(_ json: inout JSONCursor, into builder: inout RowsBuilder) throws {
        let first = json.peek()
        if form == .any, first == UInt8(ascii: "{") {
            try readObject(&json, into: &builder)
        } else if form == .any, first == UInt8(ascii: "[") {
            try readArray(&json, into: &builder)
        } else if inputNames.count == 1 {
            builder.row.pointers = .bare
            try Self.readValue(&json, input: 0, into: &builder)
        } else {
            builder.fail(.wrongType, "A row must be an object with \(NameList.text(inputNames)).")
            try json.skipValue()
        }
    }

    // MARK: Forms

    private func readObject(_ json: inout JSONCursor, into builder: inout RowsBuilder) throws {
        var expected = 0
        try json.takeObject { json, name in
            let input = json.withText(name) { table.input(named: $0, expected: expected) }
            if let input {
                expected = input + 1
                try readMember(&json, input: input, into: &builder)
            } else if let idName, json.withText(name, { $0.elementsEqual(idName) }) {
                if !builder.row.id.isEmpty { builder.fail(.malformedJSON, "The row's id is given twice; keep one.") }
                try Self.readID(&json, into: &builder)
            } else {
                failUnknown(json.withText(name) { String(decoding: $0.prefix(256), as: UTF8.self) }, &builder)
                try json.skipValue()
            }
        }
    }

    private func readMember(_ json: inout JSONCursor, input: Int, into builder: inout RowsBuilder) throws {
        // A row that failed is read on without its values, so a second value can be told only in a good one.
        guard builder.row.fault == nil else { return try json.skipValue() }
        guard !builder.row.has(input) else {
            builder.fail(.malformedJSON, input, "is given twice; keep one")
            return try json.skipValue()
        }
        try Self.readValue(&json, input: input, into: &builder)
    }

    private func readArray(_ json: inout JSONCursor, into builder: inout RowsBuilder) throws {
        builder.row.pointers = .positional
        var position = 0
        try json.takeArray { json in
            defer { position += 1 }
            guard position < inputNames.count, builder.row.fault == nil else { return try json.skipValue() }
            try Self.readValue(&json, input: position, into: &builder)
        }
        guard position != inputNames.count, builder.row.fault == nil else { return }
        builder.fail(
            .wrongColumnCount,
            "The row has \(position) values and needs \(inputNames.count), in the order \(NameList.text(inputNames)).")
    }

    private func failUnknown(_ name: String, _ builder: inout RowsBuilder) {
        guard builder.row.fault == nil else { return }
        let nearest = NameList.nearest(to: name, among: Array(inputNames.prefix(Limits.listedNames)))
        let hint = nearest.map { " (did you mean `\($0)`?)" } ?? ""
        builder.fail(
            .unknownInput,
            "The row has a member `\(NameList.clean(name))` that is no input of the model\(hint); its inputs are "
                + "\(NameList.text(inputNames)).")
    }

    // MARK: Values

    @inline(__always)
    private static func readValue(_ json: inout JSONCursor, input: Int, into builder: inout RowsBuilder) throws {
        switch json.peek() {
        case UInt8(ascii: "\""):
            let text = try json.takeString()
            guard !text.hasLoneSurrogate else { return builder.fail(.wrongType, input, Self.surrogateProblem) }
            json.withText(text) { builder.setText($0, input: input) }
        case UInt8(ascii: "-") where json.takeNoNumber(): builder.failNoNumber(input)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (number, text) = try json.takeNumber()
            builder.setNumber(number, text: text, input: input)
        case UInt8(ascii: "t"):
            try json.takeLiteral("true")
            builder.setFlag(true, input: input)
        case UInt8(ascii: "f"):
            try json.takeLiteral("false")
            builder.setFlag(false, input: input)
        case UInt8(ascii: "n"):
            try json.takeLiteral("null")
            builder.setMissing(input: input)
        case UInt8(ascii: "N"), UInt8(ascii: "I"):
            guard json.takeNoNumber() else { throw json.fault(.expectedValue) }
            builder.failNoNumber(input)
        default:
            try json.skipValue()
            builder.fail(.wrongType, input, RowsBuilder.expected(builder.slots[input].kind) + ", not a list or object")
        }
    }

    /// What is wrong with a text that was cut between the halves of a character, to follow its name.
    private static let surrogateProblem =
        "has half of a surrogate pair: the text was cut within a character such as an emoji; cut it before or after"

    /// Reads a row's id: a string, a whole number as it is written, or null for none.
    static func readID(_ json: inout JSONCursor, into builder: inout RowsBuilder) throws {
        switch json.peek() {
        case UInt8(ascii: "\""):
            let text = try json.takeString()
            guard !text.hasLoneSurrogate else {
                return builder.fail(.wrongType, "The row's id \(surrogateProblem).")
            }
            json.withText(text) { builder.setID($0) }
        case UInt8(ascii: "-") where json.takeNoNumber(): failID(&builder)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let (number, text) = try json.takeNumber()
            if number.integer != nil { builder.setID(text) } else { failID(&builder) }
        case UInt8(ascii: "n"): try json.takeLiteral("null")
        default:
            try json.skipValue()
            failID(&builder)
        }
    }

    private static func failID(_ builder: inout RowsBuilder) {
        builder.fail(.wrongType, "The row's id must be a string or a whole number.")
    }
}
