/// What came of a model's trial.
package enum ModelVerdict: Sendable, Equatable {
    /// It loads, and passes its own test.
    case good
    /// It must not be loaded by a process that does something else.
    case broken(code: ErrorCode, message: String)

    /// Whether loading it would have taken a worker down, where others are refused in order.
    package var isDangerous: Bool {
        if case .broken(let code, _) = self { return Self.dangers.contains(code) }
        return false
    }

    /// How long the verdict holds.
    package var life: Duration {
        switch self {
        case .good: Limits.goodVerdictLife
        case .broken: isDangerous ? Limits.brokenVerdictLife : Limits.refusedVerdictLife
        }
    }

    private static let dangers: Set<ErrorCode> = [.modelHangs, .modelTooLarge, .modelCrashes]
}
