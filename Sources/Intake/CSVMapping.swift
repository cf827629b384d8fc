package import Core

/// Says which column of a table feeds which input; decided once, by the header.
///
/// Comes from: a table's first record. Goes to: ``CSVScanner``, and the caller's dry run.
package struct CSVMapping: Sendable, Equatable {
    /// The column names as they came, in their order.
    package let names: [String]
    /// The column names, cleaned for messages, in their order.
    package let columns: [String]
    /// The column of each input, from 0; nil where the table has none and the input allows that.
    package let columnOfInput: [Int?]
    /// The column of the caller's row id.
    package let idColumn: Int?

    /// Inputs for which a value is missing in every row: worth a warning.
    package func absentInputs(of signature: Signature) -> [ModelInput] {
        zip(signature.inputs, columnOfInput).filter { $1 == nil }.map(\.0)
    }

    /// Looks for each input by the caller's map, or by its own name, or by its aliases.
    ///
    /// An input's own name wins over aliases whatever its case. Names in the same letters win over names that differ in case
    /// and outer spaces; among aliases they do not, for none of them says what the caller means.
    ///
    /// - Throws: `IntakeError` when a needed or mapped column is missing, when two would do equally well, or when the
    ///   map names an input that the model does not have.
    init(header: [String], signature: Signature, options: CSVOptions) throws {
        let names = signature.inputs.map(\.name)
        if let stranger = Set(options.map.keys).subtracting(names).min() {
            throw IntakeError.unknownMappedInput(nearest: NameList.nearest(to: stranger, among: names), inputs: names)
        }
        var matcher = HeaderMatcher(header: header, inputs: names)
        let mapped = names.map { name in options.map[name].map { [$0] } ?? [] }
        try matcher.match(mapped) { $0 }
        try matcher.match(mapped, by: HeaderMatcher.fold)
        let free = signature.inputs.map { options.map[$0.name] == nil ? $0 : nil }
        let own = free.map { $0.map { [$0.name] } ?? [] }
        try matcher.match(own) { $0 }
        try matcher.match(own, by: HeaderMatcher.fold)
        try matcher.match(free.map { $0?.aliases ?? [] }, by: HeaderMatcher.fold)
        self.names = header
        columns = header.map(NameList.clean)
        columnOfInput = matcher.columnOfInput
        idColumn = try options.idColumn.flatMap { try Self.idColumn($0, header) }
        let missing = zip(signature.inputs, columnOfInput).filter { input, column in
            column == nil && (options.map[input.name] != nil || input.missing == .error)
        }
        let lacksID = options.idColumn != nil && idColumn == nil
        guard missing.isEmpty, !lacksID else {
            throw IntakeError.missingColumns(
                MissingColumns(
                    missing.map { MissingColumns.Missing(input: $0.0, mapped: options.map[$0.0.name]) },
                    idColumn: lacksID ? options.idColumn : nil, found: columns,
                    optional: absentInputs(of: signature).filter { $0.missing != .error && options.map[$0.name] == nil }
                ))
        }
    }

    private static func idColumn(_ name: String, _ header: [String]) throws -> Int? {
        for key in [{ $0 }, HeaderMatcher.fold] as [(String) -> String] {
            let found = header.indices.filter { key(header[$0]) == key(name) }
            guard found.count < 2 else {
                throw IntakeError.duplicateColumn(ColumnClash(input: nil, found.map { ($0, header[$0]) }))
            }
            if let column = found.first { return column }
        }
        return nil
    }
}

/// Gives columns to inputs, one pass a way of comparing names.
struct HeaderMatcher {
    let header: [String]
    let inputs: [String]
    private(set) var columnOfInput: [Int?]
    private var isTaken: [Bool]

    init(header: [String], inputs: [String]) {
        self.header = header
        self.inputs = inputs
        columnOfInput = Array(repeating: nil, count: inputs.count)
        isTaken = Array(repeating: false, count: header.count)
    }

    /// Matches the inputs that have no column yet with the columns that feed no input yet.
    mutating func match(_ names: [[String]], by key: (String) -> String) throws {
        var columns: [String: [Int]] = [:]
        for (column, name) in header.enumerated() where !isTaken[column] { columns[key(name), default: []] += [column] }
        for input in names.indices where columnOfInput[input] == nil {
            let found = Set(names[input].map(key)).flatMap { columns[$0] ?? [] }.sorted()
            guard found.count < 2 else {
                throw IntakeError.duplicateColumn(ColumnClash(input: inputs[input], found.map { ($0, header[$0]) }))
            }
            guard let column = found.first, !isTaken[column] else { continue }
            columnOfInput[input] = column
            isTaken[column] = true
        }
    }

    static func fold(_ name: String) -> String {
        let isOuter = { (character: Character) in character.isWhitespace }
        let start = name.drop(while: isOuter)
        return String(start.reversed().drop(while: isOuter).reversed()).lowercased()
    }
}
