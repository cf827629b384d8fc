internal import Catalog
internal import Core
internal import Digest
internal import Foundation
internal import Glibc
internal import Inference
internal import Operations
internal import Worker

/// Tries models, each in a process of its own, before a process that does something else loads them.
struct ModelTrial: Sendable {
    private(set) var folder: String
    let library: String?
    let usesKernel: Bool
    let megabytes: Int
    let seconds: Int
    let clock: SteadyClock

    /// What came of a trial.
    struct Outcome {
        let verdict: ModelVerdict
        /// Whether the network was out of reach; false too when there is no answer that says so.
        let isAlone: Bool
    }

    init(_ settings: SettingValues, clock: SteadyClock) {
        folder = settings[.models]!
        library = settings[.onnxRuntime]
        usesKernel = settings[.textKernel] != "off"
        megabytes = settings.integer(.trialMegabytes)
        seconds = settings.integer(.trialSeconds)
        self.clock = clock
    }

    /// The same trial of the models of another folder.
    func `in`(_ folder: String) -> ModelTrial {
        var other = self
        other.folder = folder
        return other
    }

    /// What a verdict hangs on besides the version: the same words mean the same trial.
    ///
    /// - Parameter runtimeVersion: of ONNX Runtime.
    func conditions(of version: ResolvedModel, runtimeVersion: String?) -> String {
        var machine = utsname()
        uname(&machine)
        let architecture = withUnsafeBytes(of: machine.machine) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        // Golden rows are in the manifest, and not in the version's digest. An unreadable one fails its trial.
        let manifest = (try? FileBytes.read("\(folder)/\(version.model.name)/model.json", upTo: 4 << 20))
            .map { String(SHA256.hex(of: $0).prefix(16)) }
        return [
            "sibyl \(Version.current)", "onnxruntime \(runtimeVersion ?? "none")", architecture, "\(megabytes) MiB",
            "\(seconds) s", "kernel \(usesKernel ? "on" : "off")", "manifest \(manifest ?? "none")",
        ].joined(separator: ", ")
    }

    /// Tries a version of the folder of models.
    ///
    /// - Parameter limit: what it may take, of whole seconds; nil for as long as the settings say.
    /// - Returns: nil when it was ended early.
    /// - Throws: `ChildProcessError` when no process can be started.
    func run(_ version: ResolvedModel, limit: Duration? = nil, stop: StopSignal? = nil) throws -> Outcome? {
        let identity = version.identity
        return try run(
            .version(folder: folder, model: identity.model, version: identity.version, digest: identity.digest),
            title: "model `\(identity.model)` \(identity.version)", limit: limit, stop)
    }

    /// Tries a version, for a process that has nothing else to do.
    ///
    /// - Throws: ``Broken`` when it must not be loaded here.
    func pass(_ version: ResolvedModel) throws -> Outcome? {
        let outcome = try run(version)
        if case .broken(let code, let message)? = outcome?.verdict { throw Broken(code: code, message: message) }
        return outcome
    }

    /// Tries a file that is to become a model.
    func pass(file path: String) throws {
        let outcome = try run(.file(path: path), title: "file")
        if case .broken(let code, let message)? = outcome?.verdict { throw Broken(code: code, message: message) }
    }

    /// Why a model must not be loaded.
    struct Broken: CodedError {
        let code: ErrorCode
        let message: String
    }

    private func run(
        _ subject: TrialProcess.Subject, title: String, limit: Duration? = nil, _ stop: StopSignal? = nil
    ) throws -> Outcome? {
        let limit = limit ?? .seconds(seconds)
        let question = TrialProcess.Question(
            subject: subject, library: library, usesKernel: usesKernel, megabytes: megabytes,
            seconds: Int(limit.components.seconds))
        let text = String(decoding: try JSONEncoder().encode(question), as: UTF8.self)
        let process = try ConfinedProcess(
            [TrialProcess.word, text], deadline: limit, clock: clock,
            isUnwanted: { stop?.isRaised ?? false })
        if process.end == .unwanted { return nil }
        if process.end == .exited(code: 0),
            // try? because a process that says something else has not answered.
            let answer = try? JSONDecoder().decode(TrialProcess.Answer.self, from: Data(process.output))
        {
            return Outcome(verdict: verdict(answer, title), isAlone: answer.isAlone)
        }
        let (code, message) = reason(of: process, title)
        return Outcome(verdict: .broken(code: code, message: message), isAlone: false)
    }

    private func verdict(_ answer: TrialProcess.Answer, _ title: String) -> ModelVerdict {
        guard let code = answer.code.flatMap(ErrorCode.init(rawValue:)) else { return .good }
        let message = answer.message ?? "The model could not be loaded."
        return .broken(code: code, message: code == .modelTooLarge ? "\(message) \(tooLarge(title))" : message)
    }

    /// Why there is no answer.
    private func reason(of process: ConfinedProcess, _ title: String) -> (ErrorCode, String) {
        let said = String(decoding: process.errors, as: UTF8.self)
        switch process.end {
        case .late, .signalled(SIGXCPU), .signalled(SIGALRM): return (.modelHangs, tooLate(title))
        case .exited(let code):
            if TrialWords.tellOfMemory(said) { return (.modelTooLarge, tooLarge(title)) }
            return (
                .modelCrashes,
                "The trial of the \(title) ended with exit code \(code) and no answer; the model is not loaded."
            )
        case .signalled(let number):
            // Nobody but the system, for want of memory, ends a process so that is not late.
            if number == SIGKILL { return (.modelTooLarge, noMemory(title)) }
            let isShort = TrialWords.tellOfMemory(said) || process.peakBytes >> 20 >= megabytes * 3 / 4
            if isShort { return (.modelTooLarge, tooLarge(title)) }
            let name = strsignal(number).map { String(cString: $0) } ?? "unknown"
            return (
                .modelCrashes,
                "The \(title) crashed while it was tried (signal \(number), \(name)); make its file anew, or see whether "
                    + "another version of ONNX Runtime loads it."
            )
        case .unwanted: return (.internalError, "The trial of the \(title) was ended.")
        }
    }

    private func tooLate(_ title: String) -> String {
        "The \(title) did not load and pass its test within \(seconds) s; if it is whole, give it more with "
            + "\(Setting.trialSeconds.name)."
    }

    private func noMemory(_ title: String) -> String {
        "The system ended the trial of the \(title), most likely for want of memory; give the machine or the container more, "
            + "or the trial less with \(Setting.trialMegabytes.name)."
    }

    private func tooLarge(_ title: String) -> String {
        "The \(title) wants more than \(megabytes) MiB to load and to pass its test; if it is whole, give it more with "
            + "\(Setting.trialMegabytes.name)."
    }
}
