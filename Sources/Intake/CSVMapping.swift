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

    /// Names for which a value is missing in every row: worth a warning.
    package func absentInputs(of signature: Signature) -> [String] {
        zip(signature.inputs, columnOfInput).filter { $1 == nil }.map(\.0.name)
    }

    /// Looks for each input by the caller's map, or by its exact name, then by alias, then without regard to case and
    /// outer spaces.
    ///
    /// - Throws: `IntakeError` when a needed or mapped column is missing, when two would do equally well, or when the
    ///   map names an input that the model does not have.
    init(header: [String], signature: Signature, options: CSVOptions) throws {
        let names = signature.inputs.map(\.name)
        if let stranger = options.map.keys.sorted().first(where: { !names.contains($0) }) {
            throw IntakeError.unknownMappedInput(nearest: NameList.nearest(to: stranger, among: names), inputs: names)
        }
        var matcher = HeaderMatcher(header: header, inputs: names)
        let mapped = names.map { name in options.map[name].map { [$0] } ?? [] }
        try matcher.match(mapped) { $0 }
        try matcher.match(mapped, by: HeaderMatcher.fold)
        let wanted = signature.inputs.map { options.map[$0.name] == nil ? ([$0.name], $0.aliases) : ([], []) }
        try matcher.match(wanted.map(\.0)) { $0 }
        try matcher.match(wanted.map(\.1)) { $0 }
        try matcher.match(wanted.map { $0.0 + $0.1 }, by: HeaderMatcher.fold)
        self.names = header
        columns = header.map(NameList.clean)
        columnOfInput = matcher.columnOfInput
        idColumn = options.idColumn.flatMap { name in
            header.firstIndex(of: name)
                ?? header.firstIndex { HeaderMatcher.fold($0) == HeaderMatcher.fold(name) }
        }
        var missing = zip(signature.inputs, columnOfInput).compactMap { input, column -> String? in
            guard column == nil else { return nil }
            return options.map[input.name].map(NameList.clean) ?? (input.missing == .error ? input.name : nil)
        }
        if let name = options.idColumn, idColumn == nil { missing.append(NameList.clean(name)) }
        guard missing.isEmpty else { throw missingColumns(missing) }
    }

    private func missingColumns(_ missing: [String]) -> IntakeError {
        let nearest = missing.prefix(Limits.listedNames).compactMap {
            NameList.nearest(to: $0, among: Array(columns.prefix(256)))
        }
        return .missingColumns(missing, found: columns, nearest: nearest)
    }
}

/// Gives columns to inputs, one pass a way of comparing names.
private struct HeaderMatcher {
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
            let found = Set(names[input].map(key)).flatMap { columns[$0] ?? [] }
            guard found.count < 2 else { throw IntakeError.duplicateColumn(inputs[input]) }
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
