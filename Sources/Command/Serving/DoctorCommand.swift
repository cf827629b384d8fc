internal import Catalog
internal import Core
internal import Foundation
internal import Inference
internal import Operations
internal import Queue
internal import Store

/// `sibyl doctor`: looks at everything the service needs, and names each remedy.
struct DoctorCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "doctor", "Checks this machine, and says how to mend what is missing.",
            options: [.init("--json", "One JSON object instead of lines.")], settings: Setting.serving)
    }

    /// What was looked at, and what was found.
    struct Finding {
        let subject: String
        let isGood: Bool
        let detail: String
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "doctor")
        let store =
            Database.isServer(environment.settings[.database]!)
            ? [server(environment)] : [database(environment), log(), disk(environment)]
        let findings = store + [backlog(environment), address(environment)] + models(environment)
        Self.report(findings, asJSON: arguments.has("--json"))
        return findings.allSatisfy(\.isGood) ? 0 : 1
    }

    /// Prints what was found, a line each.
    static func report(_ findings: [Finding], asJSON: Bool) {
        guard !asJSON else {
            Console.write(JSONWriter.write { write(findings, to: &$0) } + [UInt8(ascii: "\n")])
            return
        }
        for finding in findings {
            Console.write("\(finding.isGood ? "ok  " : "BAD ") \(finding.subject): \(finding.detail)\n")
        }
    }

    private static func write(_ findings: [Finding], to json: inout JSONWriter) {
        json.object { json in
            json.member("healthy", findings.allSatisfy(\.isGood))
            json.key("findings")
            json.array { json in
                for finding in findings {
                    json.object { json in
                        json.member("subject", finding.subject)
                        json.member("ok", finding.isGood)
                        json.member("detail", finding.detail)
                    }
                }
            }
        }
    }

    private func finding(_ subject: String, _ look: () throws -> String) -> Finding {
        do {
            return Finding(subject: subject, isGood: true, detail: try look())
        } catch {
            return Finding(
                subject: subject, isGood: false, detail: (error as? any CodedError)?.message ?? "\(error)")
        }
    }

    private func database(_ environment: ServiceEnvironment) -> Finding {
        finding("database") {
            let database = try environment.openDatabase()
            let isWhole = try database.check()
            if let fault = isWhole {
                throw UsageError("It is damaged (\(fault)); stop the service and restore a backup.")
            }
            let files = database.files
            if let exposed = files.exposedFiles.first {
                throw UsageError(
                    "Other accounts of this machine can open \(exposed). Run `chmod go= \(exposed)`.")
            }
            return "\(files.path), schema \(try database.schemaVersion()), log of \(files.logBytes) bytes"
                + (files.exposedFolder.map { "; other accounts may list \($0): chmod 700 keeps them out" } ?? "")
        }
    }

    /// The server's own disk and damage are for its own tools to look at.
    private func server(_ environment: ServiceEnvironment) -> Finding {
        finding("database") {
            let database = try environment.openDatabase()
            let (version, risk, logsDetails) = try database.serverState()
            if let risk {
                throw UsageError("The server may lose what was accepted; turn \(risk) on in postgresql.conf.")
            }
            return "\(database.name), schema \(try database.schemaVersion()), PostgreSQL \(version)"
                + (logsDetails
                    ? "; its log may show values of rows: ALTER ROLE … SET log_error_verbosity = terse, as a superuser"
                    : "")
        }
    }

    /// Before 3.51.3 SQLite can corrupt a log that two connections write or checkpoint in the same instant.
    private func log() -> Finding {
        let version = Database.libraryVersion
        let isCured = Database.libraryVersionNumber >= 3_051_003
        return Finding(
            subject: "SQLite", isGood: true,
            detail: version
                + (isCured
                    ? ""
                    : "; Sibyl's write gate keeps its WAL-reset bug out (cured in 3.51.3): let no other program write"))
    }

    private func disk(_ environment: ServiceEnvironment) -> Finding {
        finding("disk") {
            let folder = URL(fileURLWithPath: environment.settings[.database]!).deletingLastPathComponent().path
            let attributes = try FileManager.default.attributesOfFileSystem(forPath: folder)
            let free = (attributes[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
            if free < Limits.freeDiskBytes {
                throw UsageError(
                    "Only \(free >> 20) MiB are free; free some, the service needs \(Limits.freeDiskBytes >> 20).")
            }
            return "\(free >> 20) MiB free"
        }
    }

    /// Rows that wait for a model version that no worker serves: nobody runs them by itself.
    private func backlog(_ environment: ServiceEnvironment) -> Finding {
        finding("backlog") {
            let database = try environment.openDatabase()
            let forecast = Forecast(
                readers: database.makeReaders(), models: ModelRegistry(), clock: environment.steady,
                wall: environment.clock)
            let view = try forecast.view()
            guard view.stranded.isEmpty else {
                throw UsageError(view.stranded.map(\.reason).joined(separator: " "))
            }
            return "\(view.rows) rows wait, \(view.workers) workers run"
        }
    }

    private func address(_ environment: ServiceEnvironment) -> Finding {
        finding("address") {
            let address = try ListenAddress(environment.settings[.listen]!)
            try address.checkOpenness(auth: environment.settings[.auth])
            _ = try address.hostNames(environment.settings)
            return address.url(port: address.port)
        }
    }

    private func models(_ environment: ServiceEnvironment) -> [Finding] {
        do {
            var catalog = try Catalog(folder: environment.settings[.models]!)
            // A database that cannot be opened is a finding of its own.
            if let database = try? environment.openDatabase() {
                try environment.refuseTaken(in: &catalog, beside: database)
            }
            let trial = ModelTrial(environment.settings, clock: environment.steady)
            var isAlone = true
            let models = LoadedModels(
                catalog, libraryPath: trial.library, usesKernel: trial.usesKernel,
                allowing: { if try trial.pass($0)?.isAlone == false { isAlone = false } })
            let tried = Finding(
                subject: "trials", isGood: true,
                detail: "models are tried in a process of their own, "
                    + (isAlone
                        ? "without the network" : "with the network in reach: this system lets no process leave it"))
            return [tried]
                + models.ready.map {
                    Finding(
                        subject: "model \($0.identity.model) \($0.identity.version)", isGood: true,
                        detail: Self.words(for: $0, models.comparisons[$0.identity]))
                }
                + models.broken.map {
                    Finding(
                        subject: "model \($0.identity.model) \($0.identity.version)", isGood: false, detail: $0.message)
                }
        } catch {
            return [finding("models") { throw error }]
        }
    }

    private static func words(for model: any Predictor, _ comparison: EngineComparison?) -> String {
        let slow = model.warning.map { "; \($0)" } ?? ""
        if let reason = model.engine.fallbackReason {
            return "loaded; ONNX Runtime runs it, because \(reason)\(slow)"
        }
        return
            (comparison.map { "loaded, without golden rows; \($0.summary)" }
            ?? "loaded, and its golden rows give their golden answers") + slow
    }
}
