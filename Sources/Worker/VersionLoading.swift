internal import Catalog
internal import Core
internal import Inference
internal import Operations
internal import Queue
internal import Store

/// Brings one version after the other a step nearer to the shelf: a verdict is found or made, and what is good is loaded.
///
/// Comes from: ``LoadingRound``. Goes to: ``ModelShelf``, and to what the database says of this worker.
struct VersionLoading {
    private let work: ModelLoading.Work
    private let verdicts: Verdicts

    init(_ work: ModelLoading.Work) throws {
        self.work = work
        verdicts = try Verdicts(database: work.database, boot: work.boot, clock: work.clock)
    }

    private enum Step {
        case served
        case broken(lookAgainAfter: Duration)
        /// Nothing is decided, and nothing more can be done now.
        case waits(Duration)
        /// Nothing is decided, and more is to be done at once.
        case needs(LoadingRound.Effort)
    }

    /// Does the next thing for a version.
    ///
    /// - Returns: the version as it stands then; nil once it is served.
    /// - Throws: what the database throws and will not pass.
    func advance(_ open: LoadingRound.Open, _ stop: StopSignal) throws -> LoadingRound.Open? {
        var next = open
        var pause = Duration.zero
        do {
            switch try step(open, stop) {
            case .served: return nil
            case .broken(let rest): (next.isBroken, next.effort, pause) = (true, .ask, rest)
            case .waits(let rest): pause = rest
            case .needs(let effort): next.effort = effort
            }
        } catch  where StoreError.isPassing(error) {
            work.logger.error("database trouble", ["error": "\(error)"])
            pause = Limits.trialPause
        }
        next.from = work.steady.now + pause
        return next
    }

    private func step(_ open: LoadingRound.Open, _ stop: StopSignal) throws -> Step {
        let (digest, conditions) = (open.version.identity.digest, work.trial.conditions(open.version))
        if let known = try verdicts.find(digest, under: conditions) { return try settle(open.version, known) }
        let limit: Duration
        switch open.effort {
        case .ask: return .needs(.tryBriefly)
        case .tryBriefly: limit = min(Limits.shortTrial, work.trial.limit)
        case .tryFully: limit = work.trial.limit
        }
        if let known = try verdicts.begin(digest, under: conditions, limit: limit) {
            return try settle(open.version, known)
        }
        guard let verdict = tried(open.version, limit, stop) else {
            try verdicts.leave(digest, under: conditions)
            return .waits(Limits.trialPause)
        }
        if limit < work.trial.limit, case .broken(.modelHangs, _) = verdict {
            try verdicts.leave(digest, under: conditions)
            return .needs(.tryFully)
        }
        try verdicts.record(verdict, of: digest, under: conditions)
        return try settle(open.version, .tried(verdict, remaining: verdict.life))
    }

    /// - Returns: nil when nothing was learned of the model: the worker stops, or could not start a process.
    private func tried(_ version: ResolvedModel, _ limit: Duration, _ stop: StopSignal) -> ModelVerdict? {
        let start = work.steady.now
        do {
            guard let verdict = try work.trial.run(version, limit, stop) else { return nil }
            let milliseconds = (work.steady.now - start).wholeMilliseconds
            work.logger.info("model tried", fields(of: version.identity, ["trial_ms": "\(milliseconds)"]))
            return verdict
        } catch {
            let reason = (error as? any CodedError)?.message ?? "\(error)"
            work.logger.error("model cannot be tried", fields(of: version.identity, ["reason": reason]))
            return nil
        }
    }

    private func settle(_ version: ResolvedModel, _ known: Verdicts.Known) throws -> Step {
        switch known {
        case .triedElsewhere: return .waits(Limits.verdictPoll)
        case .tried(.good, _):
            let loaded: ModelLoader.Loaded
            do {
                loaded = try work.loader.load(version)
            } catch {
                // What may pass, such as a want of memory, or a file that was just changed.
                return try tell(LoadedModels.Broken(version.identity, error), lookAgainAfter: Limits.brokenVerdictLife)
            }
            try serve(loaded)
            return .served
        case .tried(let verdict, let remaining):
            guard case .broken(let code, let message) = verdict else { return .served }
            return try tell(
                LoadedModels.Broken(identity: version.identity, code: code, message: message),
                lookAgainAfter: verdict.isDangerous ? remaining : Limits.brokenVerdictLife)
        }
    }

    private func serve(_ loaded: ModelLoader.Loaded) throws {
        let predictor = loaded.predictor
        let key = try work.database.makeWriter(.durable).transaction {
            try ModelTable.key(of: predictor.identity, output: predictor.output, in: $0)
        }
        try work.owner.note(
            Owner.LoadedModel(
                identity: predictor.identity, message: predictor.warning, engine: predictor.engine.name,
                fallback: predictor.engine.fallbackReason))
        work.shelf.put(predictor, key: key)
        work.metrics.learn(work.shelf.predictors.mapValues(\.identity))
        tell(of: loaded)
        work.onChange()
    }

    // MARK: Telling

    private func tell(_ broken: LoadedModels.Broken, lookAgainAfter rest: Duration) throws -> Step {
        try work.owner.note(
            Owner.LoadedModel(identity: broken.identity, broken: broken.code, message: broken.message))
        work.shelf.put(broken)
        work.logger.error(
            "model broken", fields(of: broken.identity, ["code": broken.code.rawValue, "reason": broken.message]))
        return .broken(lookAgainAfter: rest)
    }

    private func tell(of loaded: ModelLoader.Loaded) {
        let model = loaded.predictor
        if let reason = model.engine.fallbackReason {
            work.logger.warning(
                "no kernel for the model, ONNX Runtime runs it", fields(of: model.identity, ["reason": reason]))
        }
        if let warning = model.warning {
            work.logger.warning("model is slow", fields(of: model.identity, ["reason": warning]))
        }
        guard let comparison = loaded.comparison else { return }
        work.logger.notice(
            "no golden rows, the kernel was compared with ONNX Runtime",
            fields(
                of: model.identity,
                [
                    "texts": "\(comparison.texts)", "other_labels": "\(comparison.otherLabels)",
                    "other_values": "\(comparison.otherValues)",
                    "greatest_difference": "\(comparison.greatestDifference)",
                ]))
    }

    private func fields(of identity: ModelIdentity, _ others: [String: String]) -> [String: String] {
        others.merging(["model": identity.model, "version": identity.version]) { $1 }
    }
}
