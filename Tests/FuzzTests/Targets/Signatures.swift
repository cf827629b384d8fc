import Core

/// The shapes of rows that the inputs of the fuzzer are read as.
enum Signatures {
    static let text = Signature(inputs: [ModelInput(name: "text", kind: .string, minimumLength: 1)])

    static let numbers = Signature(
        inputs: ["a", "b"].map { ModelInput(name: $0, kind: .float, minimum: -100, maximum: 1e9) })

    /// One input of each kind; all but the first may be missing.
    static let mixed = Signature(inputs: [
        ModelInput(name: "text", kind: .string, aliases: ["t"], minimumLength: 1, maximumLength: 9),
        ModelInput(name: "n", kind: .int, minimum: -5, maximum: 1_000_000, missing: .number(3)),
        ModelInput(name: "x", kind: .float, missing: .notANumber, missingTokens: ["NA"]),
        ModelInput(name: "ok", kind: .bool, missing: .number(0)),
    ])

    static let all = [text, numbers, mixed]
}
