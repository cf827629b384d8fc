import Core

/// What the scanner must know of one input in its hot loop: plain numbers, so that reading it counts no references.
struct InputSlot: Sendable {
    let kind: ModelInput.Kind
    /// The place of the value: among a row's numbers, or among the text columns.
    let place: Int
    /// The least number allowed; minus infinity without a bound.
    let minimum: Double
    /// The greatest number allowed; infinity without a bound.
    let maximum: Double
    let minimumLength: Int
    let maximumLength: Int
    /// Whether some texts in a table mean that the value is missing.
    let hasMissingTokens: Bool
    /// Whether the value is a number, which a table may write in its own style.
    let isNumber: Bool
    /// Whether any number that is written plainly is taken as it is: asked for each cell, when even to compare kinds shows.
    let isPlainFloat: Bool

    /// Lays out a signature's inputs: numbers side by side in one row, texts in columns of their own.
    static func layOut(_ signature: Signature) -> (slots: [InputSlot], numbers: Int, texts: Int) {
        var (numbers, texts) = (0, 0)
        let slots = signature.inputs.map { input in
            let isText = input.kind == .string
            defer { if isText { texts += 1 } else { numbers += 1 } }
            return InputSlot(
                kind: input.kind, place: isText ? texts : numbers, minimum: input.minimum ?? -.infinity,
                maximum: input.maximum ?? .infinity, minimumLength: input.minimumLength,
                maximumLength: input.maximumLength,
                hasMissingTokens: !input.missingTokens.isEmpty,
                isNumber: input.kind.isNumber,
                isPlainFloat: input.kind == .float && input.missingTokens.isEmpty)
        }
        return (slots, numbers, texts)
    }
}
