/// Says what one row of a model looks like: its named inputs, in the manifest's order.
///
/// Comes from: a model's manifest. Goes to: the scanner, which checks every row against it before the row is taken.
package struct Signature: Sendable, Equatable {
    package var inputs: [ModelInput]

    package init(inputs: [ModelInput]) { self.inputs = inputs }

    /// Whether a row has a text.
    package var hasText: Bool { inputs.contains { $0.kind == .string } }

    /// Whether a row is one text, so that `text` and `texts` may be used to submit.
    package var isText: Bool { inputs.count == 1 && inputs[0].kind == .string }
}

/// One named input of a model.
package struct ModelInput: Sendable, Equatable {
    /// The type of one value.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// UTF-8 text.
        case string
        /// A finite number, held as the 32-bit float that most models take.
        case float
        /// A finite number of 64 bits, for a model that takes such.
        case double
        /// A whole number that fits 64 bits.
        case int
        /// `true` or `false`; in CSV also other words, such as `1` and `yes`.
        case bool

        /// Whether a value is a number, which a table may write in its own style.
        package var isNumber: Bool { self == .float || self == .double || self == .int }
    }

    /// What an absent, null or empty value means.
    package enum Missing: Sendable, Equatable {
        /// The row is refused.
        case error
        /// The value is "not a number"; for `float` and `double` only.
        case notANumber
        /// The value is this number; for `float`, `double`, `int` and `bool` (0 or 1).
        case number(Double)
        /// The value is this text; for `string`.
        case text(String)
    }

    package var name: String
    package var kind: Kind
    /// Other names under which a CSV column or a JSON member is found.
    package var aliases: [String]
    /// The least number allowed; nil for no bound.
    package var minimum: Double?
    /// The greatest number allowed; nil for no bound.
    package var maximum: Double?
    /// The least length of a text after trimming, in Unicode scalars; 1 refuses blank text.
    package var minimumLength: Int
    /// The greatest length of a text after trimming, in Unicode scalars.
    package var maximumLength: Int
    package var missing: Missing
    /// Words of a table's cell, such as `NA`, that mean the value is missing; compared exactly, outer spaces aside.
    package var missingTokens: [String]

    package init(
        name: String, kind: Kind, aliases: [String] = [], minimum: Double? = nil, maximum: Double? = nil,
        minimumLength: Int = 0, maximumLength: Int = Limits.textScalars, missing: Missing = .error,
        missingTokens: [String] = []
    ) {
        self.name = name
        self.kind = kind
        self.aliases = aliases
        self.minimum = minimum
        self.maximum = maximum
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
        self.missing = missing
        self.missingTokens = missingTokens
    }
}
