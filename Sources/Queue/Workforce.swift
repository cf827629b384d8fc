package import Core
package import Store

/// Reads who works, and on what.
package final class Workforce: Sendable {
    /// A model as the workers have it.
    package struct Served: Sendable {
        package let identity: ModelIdentity
        /// Workers that can run it.
        package let ready: Int
        /// Why a worker cannot run it; nil when all can, or when one can and the others are still to load it.
        package let broken: String?
        /// Whether a worker is still to try or to load it.
        package let isAwaited: Bool
        /// What is slow about its file, and the remedy; nil for nothing.
        package let warning: String?
        /// What runs it; nil when no worker can.
        package let engine: String?
        /// Why no kernel runs it, where one might have.
        package let fallback: String?
    }

    private let readers: Readers

    package init(readers: Readers) { self.readers = readers }

    /// The number of live workers.
    package func workers() throws -> Int {
        try readers.read { try OwnerTable.workers(in: $0) }
    }

    /// What the workers serve.
    package func models() throws -> [Served] {
        try readers.read { try OwnerTable.models(in: $0) }
    }
}
