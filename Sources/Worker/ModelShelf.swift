internal import Core
package import Inference
internal import Synchronization

/// The models of a worker: those that it serves, and those that it cannot serve.
///
/// The loading thread fills it while the worker's loop takes from it.
package final class ModelShelf: Sendable {
    private struct Content {
        var predictors: [Int64: any Predictor] = [:]
        var broken: [ModelIdentity: LoadedModels.Broken] = [:]
    }

    private let content: Mutex<Content>

    package init() { content = Mutex(Content()) }

    /// - Parameter predictors: the versions served, by their keys in the database.
    init(_ predictors: [Int64: any Predictor]) { content = Mutex(Content(predictors: predictors)) }

    /// The versions served, by their keys in the database.
    var predictors: [Int64: any Predictor] { content.withLock(\.predictors) }

    /// Versions served; they only become more.
    var count: Int { content.withLock { $0.predictors.count } }

    /// The versions that cannot be served, by name.
    package var broken: [LoadedModels.Broken] {
        content.withLock { Array($0.broken.values) }
            .sorted { ($0.identity.model, $0.identity.version) < ($1.identity.model, $1.identity.version) }
    }

    /// - Parameter key: of the version in the database.
    func put(_ predictor: any Predictor, key: Int64) {
        content.withLock { content in
            content.predictors[key] = predictor
            content.broken[predictor.identity] = nil
        }
    }

    func put(_ broken: LoadedModels.Broken) { content.withLock { $0.broken[broken.identity] = broken } }
}
