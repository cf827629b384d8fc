/// One metric: its name, what it counts, and by what it is divided.
///
/// Every metric stands in ``Metric/all`` and nowhere else; `docs/METRICS.md` is this table, and a test compares them.
package struct Metric: Sendable {
    /// How a metric's values behave.
    package enum Kind: String, Sendable {
        /// Only grows while the process lives.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts observations up to each of some bounds.
        case histogram
    }

    /// Who shows a metric.
    package enum Source: String, Sendable {
        /// Every process with a door: its own share, to be added up over processes.
        case everyProcess = "every process"
        /// Every API process: its own share.
        case api = "API"
        /// Every worker: its own share.
        case worker
        /// The elected keeper alone: a state of the whole service, which would count double if all showed it.
        case keeper
    }

    package let name: String
    package let kind: Kind
    package let labels: [MetricLabel]
    package let source: Source
    /// What it means, with its unit.
    package let meaning: String
}

/// By what a metric may be divided: bounded vocabularies all, never an id or an owner.
package enum MetricLabel: String, Sendable, CaseIterable {
    /// One of the methods that are served, or `OTHER`.
    case method
    /// A route's pattern, or `none`: never a path.
    case route
    /// A status code that the service sends, or `other`.
    case status
    /// A model of the catalog, or `other` for all that it no longer names.
    case model
    /// A version of such a model.
    case version
    /// What became of a row.
    case outcome
    /// A part of a row's way through a worker.
    case stage
    /// What a process is: `api` or `worker`.
    case process
    /// The version of the storage library.
    case sqlite
}
