internal import Catalog
internal import Core
internal import Inference
internal import Operations

/// The thread of ``ModelLoading``: looks again and again at the versions that are not on the shelf yet.
///
/// What is known to be good is loaded first; then whatever nobody knows is tried for a short time; and what did not end in
/// that time gets all of its time. So a version that hangs costs the others little.
struct LoadingRound {
    /// A version that is not on the shelf.
    struct Open {
        let version: ResolvedModel
        var effort = Effort.ask
        /// When it is looked at again, on the steady clock.
        var from = Duration.zero
        /// Whether it was found to be broken.
        var isBroken = false
    }

    /// What is done for a version that nobody knows.
    enum Effort {
        case ask
        case tryBriefly
        case tryFully
    }

    private let work: ModelLoading.Work
    private let loading: VersionLoading
    private(set) var open: [Open]
    private var hasTold = false

    init(_ work: ModelLoading.Work) throws {
        self.work = work
        loading = try VersionLoading(work)
        open = work.versions.map { Open(version: $0) }
    }

    /// - Throws: when no version can be served, and what the database throws and will not pass.
    mutating func run(until stop: StopSignal) throws {
        while !stop.isRaised {
            try look(stop)
            if !hasTold, open.allSatisfy(\.isBroken), !stop.isRaised {
                hasTold = true
                guard try tell(stop) else { return }
            }
            if stop.wait(for: pause) { return }
        }
    }

    /// Looks once at each version whose time has come.
    mutating func look(_ stop: StopSignal) throws {
        open = try open.compactMap { version in
            guard version.from <= work.steady.now, !stop.isRaised else { return version }
            return try loading.advance(version, stop)
        }
    }

    /// How long nothing is to be done.
    private var pause: Duration {
        open.map { max(.zero, $0.from - work.steady.now) }.min() ?? Limits.brokenVerdictLife
    }

    /// Says that every version is decided on.
    ///
    /// A worker without any model stays registered for a while, so that health tells why, and then fails: whoever
    /// supervises it starts it again, and a mended machine is noticed.
    ///
    /// - Returns: whether to go on; false when it was stopped meanwhile.
    private func tell(_ stop: StopSignal) throws -> Bool {
        let served = work.shelf.predictors.values.map(\.identity).map { "\($0.model)_\($0.version)" }.sorted()
        guard served.isEmpty else {
            work.logger.info("worker ready", ["models": served.joined(separator: ",")])
            return true
        }
        if stop.wait(for: Limits.brokenWorkerPause) { return false }
        throw WorkerError.noModel(reasons: work.shelf.broken.map(\.message))
    }
}
