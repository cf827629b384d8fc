package import Core

/// Columns of a table that could feed one input, or be its row ids, with equal right.
package struct ColumnClash: Sendable, Equatable {
    /// The input; nil for the row's id.
    package let input: String?
    /// The columns' names, cleaned for messages, and their places from 1.
    let columns: [String]
    let places: [Int]
    /// Whether the columns have the very same name, so that no map can tell them apart.
    let areAlike: Bool

    init(input: String?, _ found: [(place: Int, name: String)]) {
        self.input = input
        columns = found.map { NameList.clean($0.name) }
        places = found.map { $0.place + 1 }
        areAlike = Set(found.map(\.name)).count == 1
    }

    var message: String {
        let list = zip(columns, places).prefix(Limits.listedNames).map { "`\($0)` (column \($1))" }
        let names = list.joined(separator: " and ")
        guard let input else { return "Two columns could be the row's id: \(names); rename one of them." }
        if areAlike { return "Two columns could feed `\(input)`: \(names); rename or remove one of them." }
        let lines = Set(columns).sorted().prefix(Limits.listedNames).map { "`map.\(input)=\($0)`" }
        return "Two columns could feed `\(input)`: \(names); say which with \(lines.joined(separator: " or "))."
    }
}

/// What a table's header lacks, and what would mend it.
package struct MissingColumns: Sendable, Equatable {
    /// An input without a column.
    struct Missing: Sendable, Equatable {
        let input: ModelInput
        /// The column that the caller's map names; nil without one.
        let mapped: String?

        /// What would give the input its column.
        func line(among columns: [String]) -> String {
            let names = mapped.map { [$0] } ?? [input.name] + input.aliases
            return "`map.\(input.name)=\(NameList.nearest(to: names, among: columns).first ?? "COLUMN")`"
        }
    }

    let inputs: [Missing]
    /// The name of a column of row ids that is not there.
    let idColumn: String?
    let found: [String]
    /// Inputs without a column that need none.
    let optional: [ModelInput]

    init(_ inputs: [Missing], idColumn: String?, found: [String], optional: [ModelInput]) {
        (self.inputs, self.idColumn, self.found, self.optional) = (inputs, idColumn, found, optional)
    }

    /// What would give the first inputs their columns: at most ``Limits/listedNames`` lines, for each of which all names
    /// are compared.
    ///
    /// It is worked out when the message is read: the sniffer makes this error for each delimiter that is not the one.
    var lines: [String] { inputs.prefix(Limits.listedNames).map { $0.line(among: found) } }

    /// The whole in a few sentences.
    var message: String {
        var names = inputs.map { $0.mapped ?? $0.input.name }
        if let idColumn { names.append(NameList.clean(idColumn)) }
        var sentences = [
            "The header lacks \(NameList.text(names)); it has \(found.count) columns: \(NameList.text(found))."
        ]
        if !inputs.isEmpty {
            sentences.append("Name the column of each input: \(lines.joined(separator: ", ")).")
        }
        if let idColumn {
            let nearest = NameList.nearest(to: [idColumn], among: found)
            sentences.append(
                nearest.isEmpty
                    ? "`id_column` must be one of the columns." : "Nearest to `id_column`: \(NameList.text(nearest)).")
        }
        if !optional.isEmpty {
            let words = optional.prefix(Limits.listedNames).map { "`\($0.name)` (\($0.missing.words))" }
            sentences.append("Not needed: \(words.joined(separator: ", ")).")
        }
        return sentences.joined(separator: " ")
    }
}

extension ModelInput.Missing {
    /// What a missing value means, for messages.
    package var words: String {
        switch self {
        case .error: "a missing value is refused"
        case .notANumber: "the model takes it as missing"
        case .number(let number): "\(Int(exactly: number).map { "\($0)" } ?? "\(number)") stands in"
        case .text(let text): text.isEmpty ? "an empty text stands in" : "`\(NameList.clean(text))` stands in"
        }
    }
}
