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
        let awaited = Owner.LoadedModel.awaited.rawValue
        return try readers.read { connection in
            try connection.all(
                """
                SELECT name, version, digest, count(*) FILTER (WHERE broken IS NULL),
                    max(message) FILTER (WHERE broken <> ?), max(message) FILTER (WHERE broken IS NULL),
                    max(engine), max(fallback), max(message) FILTER (WHERE broken = ?) FROM owner_model
                GROUP BY name, version, digest ORDER BY name, version
                """, .text(awaited), .text(awaited)
            ) {
                Served(
                    identity: ModelIdentity(model: $0.text(0), version: $0.text(1), digest: $0.text(2)),
                    ready: $0.int(3), broken: $0.optionalText(4) ?? ($0.int(3) == 0 ? $0.optionalText(8) : nil),
                    warning: $0.optionalText(5),
                    engine: $0.optionalText(6), fallback: $0.optionalText(7))
            }
        }
    }
}
