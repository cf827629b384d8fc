internal import Core

/// The rules of a manifest that its shape alone does not say.
///
/// A manifest may come from anywhere.
struct ManifestCheck {
    let model: String
    /// The version whose own members are looked at; nil for those of the model.
    var version: String?

    /// Seconds of the longest run: a longer one is a mistake, and a duration cannot hold any number.
    private static let longestTimeout = 3_600.0

    func fault(_ reason: String) -> CatalogError {
        .invalid(model: model, reason: version.map { "in version `\($0)`: \(reason)" } ?? reason)
    }

    func run(_ manifest: Manifest) throws {
        guard Self.isName(manifest.name) else {
            throw fault("`name` must be 1 to 64 of a–z, 0–9, `-` and `_`, beginning with a letter or digit")
        }
        guard manifest.name == model else { throw fault("`name` must be the name of its folder") }
        guard case let timeout = manifest.timeout ?? 1, timeout > 0, timeout <= Self.longestTimeout else {
            throw fault("`timeout` must be above 0 and at most \(Int(Self.longestTimeout)) seconds")
        }
        try runVersions(manifest)
    }

    /// Checks what inputs must be among each other.
    func run(_ inputs: [Manifest.Input]) throws {
        guard !inputs.isEmpty else { throw fault("`inputs` must not be empty") }
        guard inputs.count <= Limits.modelInputs else {
            throw fault("`inputs` has \(inputs.count) entries and at most \(Limits.modelInputs) fit")
        }
        let names = inputs.map(\.name)
        guard Set(names).count == names.count else { throw fault("two inputs have the same name") }
        // An alias that two inputs share, or that is another's name, would silently go to one of them.
        let aliases = inputs.flatMap { $0.aliases ?? [] }
        guard Set(names + aliases).count == names.count + aliases.count else {
            throw fault("an alias is used twice, or equals the name of an input")
        }
        let places = Set(inputs.map { "\($0.tensor)/\($0.column)" })
        guard places.count == names.count else { throw fault("two inputs go to the same column of a tensor") }
    }

    private func runVersions(_ manifest: Manifest) throws {
        let names = manifest.versions.map(\.version)
        guard names.allSatisfy(Self.isName) else { throw fault("a `version` must be a plain name such as `v1`") }
        guard Set(names).count == names.count else { throw fault("two versions have the same name") }
        guard names.contains(manifest.defaultVersion) else {
            throw fault("`default_version` must be one of the versions")
        }
    }

    /// An input, with its rules checked.
    func input(_ input: Manifest.Input) throws -> ModelInput {
        let place = "input `\(Self.isPlain(input.name) ? input.name : "…")`"
        guard Self.isPlain(input.name) else { throw fault("an input's name must be 1 to 64 printable ASCII letters") }
        guard (0..<Limits.modelInputs).contains(input.column) else {
            throw fault("`column` of \(place) is out of range")
        }
        guard (input.min ?? -.infinity) <= (input.max ?? .infinity) else {
            throw fault("`min` of \(place) is above its `max`")
        }
        let lengths = (input.minLength ?? 0, input.maxLength ?? Limits.textScalars)
        guard lengths.0 >= 0, lengths.0 <= lengths.1, lengths.1 <= Limits.rowBytes / 4 else {
            throw fault("the lengths of \(place) are out of range")
        }
        return ModelInput(
            name: input.name, kind: input.type, aliases: input.aliases ?? [], minimum: input.min, maximum: input.max,
            minimumLength: lengths.0, maximumLength: lengths.1, missing: try missing(input, place),
            missingTokens: input.missingTokens ?? [])
    }

    private func missing(_ input: Manifest.Input, _ place: String) throws -> ModelInput.Missing {
        switch (input.missing, input.type) {
        case (nil, _), (.string("error"), _): return .error
        case (.string("nan"), .float), (.string("nan"), .double): return .notANumber
        case (.number(let number), .float) where Float(number).isFinite: return .number(number)
        case (.number(let number), .double) where number.isFinite: return .number(number)
        case (.number(let number), .int) where Int64(exactly: number) != nil: return .number(number)
        case (.bool(let flag), .bool): return .number(flag ? 1 : 0)
        case (.string(let text), .string): return .text(text)
        default: throw fault("`missing` of \(place) must be `error` or a value of its type")
        }
    }

    /// The output, with its rules checked.
    func output(_ outputs: Manifest.Outputs, of task: ModelOutput.Kind) throws -> ModelOutput {
        switch task {
        case .classification:
            return try classification(outputs)
        case .regression:
            guard outputs.value != nil else { throw fault("a regression needs `value`, the name of its tensor") }
            return ModelOutput(kind: .regression)
        case .vector:
            guard outputs.values != nil, let width = outputs.width, (1...Limits.modelInputs).contains(width) else {
                throw fault("a vector needs `values`, the name of its tensor, and its `width`")
            }
            return ModelOutput(kind: .vector, width: width)
        }
    }

    private func classification(_ outputs: Manifest.Outputs) throws -> ModelOutput {
        let labels = outputs.labels ?? []
        guard labels.count >= 2, Set(labels).count == labels.count else {
            throw fault("a classification needs `labels`, at least two, each once")
        }
        guard (outputs.probabilities == nil) != (outputs.scores == nil) else {
            throw fault("a classification needs exactly one of `probabilities` and `scores`; use `scores` for margins")
        }
        if let positive = outputs.positiveLabel, !labels.contains(positive) {
            throw fault("`positive_label` must be one of the labels")
        }
        if let threshold = outputs.threshold {
            guard (0...1).contains(threshold), outputs.positiveLabel != nil else {
                throw fault("`threshold` must be 0 to 1 and needs a `positive_label`")
            }
            guard labels.count == 2 else {
                throw fault("`threshold` works only with two labels; remove it")
            }
            guard outputs.scores == nil else {
                throw fault("`threshold` is a probability, which `scores` are not; leave it out")
            }
        }
        return ModelOutput(
            kind: .classification, labels: labels, givesScores: outputs.scores != nil,
            positiveLabel: outputs.positiveLabel, threshold: outputs.threshold)
    }

    /// Names become parts of paths and addresses.
    private static func isName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...64).contains(bytes.count), let first = bytes.first, isWord(first) else { return false }
        return bytes.allSatisfy { isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isPlain(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }
}
