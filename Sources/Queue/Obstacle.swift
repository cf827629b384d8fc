package import Core

/// Why nothing of a model version runs now; what an operator may do is in its message.
package enum Obstacle: Sendable, Equatable {
    /// An operator paused a model, or all of them where none is named.
    case paused(model: String?)
    /// No worker is alive.
    case noWorker
    /// Workers are alive, and none has the version.
    case unserved(ModelIdentity)
    /// No worker can run the version yet, and at least one is still to load it.
    case loading(ModelIdentity)
    /// Workers have the version, and none of them can run it.
    case broken(ModelIdentity, reason: String)
    /// Its runs failed one after the other; one of its chunks tries again at this time.
    case failing(ModelIdentity, until: WallTime)

    /// What is in the way and what to do about it, for people.
    package var message: String {
        switch self {
        case .paused(nil): "All models are paused; resume them with `sibyl resume`."
        case .paused(let model?): "The model `\(model)` is paused; resume it with `sibyl resume \(model)`."
        case .noWorker: "No worker runs; start one with `sibyl worker`."
        case .unserved(let model):
            "No live worker serves \(Self.name(model)) (\(model.digest.prefix(12))); start one that does, or see "
                + "`sibyl stranded`."
        case .loading(let model): "The model \(Self.name(model)) is being tried and loaded; its rows run after that."
        case .broken(let model, let reason): "No live worker can run \(Self.name(model)): \(reason)"
        case .failing(let model, let until):
            "The runs of \(Self.name(model)) fail one after the other, and the next one tries at \(until); the workers' "
                + "logs tell why."
        }
    }

    /// Whether it ends by itself in moments, so that somebody who waits is served.
    package var passesSoon: Bool { if case .loading = self { true } else { false } }

    private static func name(_ model: ModelIdentity) -> String { "`\(model.model)` \(model.version)" }
}
