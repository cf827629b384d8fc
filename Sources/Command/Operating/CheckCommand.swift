internal import Core
internal import Foundation
internal import Glibc
internal import Operations
internal import Queue
internal import Store

/// `sibyl check`: looks for damage of the database, from its pages to its counts.
struct CheckCommand: Command {
    typealias Finding = DoctorCommand.Finding

    var syntax: CommandSyntax {
        CommandSyntax(
            "check", "Looks for damage of the database, from its pages to its counts.",
            options: [.init("--json", "One JSON object instead of lines.")], settings: [Setting.database])
    }

    /// EX_TEMPFAIL of sysexits.h: no damage was found, but not everything was looked at.
    private static let unfinishedExitCode: Int32 = 75

    func run(_ arguments: Arguments) async throws -> Int32 {
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        let path = values[.database]!
        // Opening would make it.
        guard Database.isServer(path) || access(DatabaseFiles(path: path).path, F_OK) == 0 else {
            throw UsageError("There is no database at \(path); name it with --database.")
        }
        // A network filesystem is refused here.
        let database = try Database(path: path)
        var findings = database.engine == .sqlite ? [locks(of: database), disk(of: database)] : []
        var isFinished = true
        do {
            try database.checkSchema()
            let inspection = try Inspection(of: database)
            for (subject, verdict) in try look(at: database.engine, by: inspection) {
                if verdict == .unfinished { isFinished = false }
                findings.append(Self.finding(subject, verdict))
            }
        } catch let error as any CodedError {
            findings.append(Finding(subject: "database", isGood: false, detail: Self.words(for: error)))
        }
        if Console.isWatched { Console.writeProgress("") }
        DoctorCommand.report(findings, asJSON: arguments.has("--json"))
        if findings.contains(where: { !$0.isGood }) { return 1 }
        return isFinished ? 0 : Self.unfinishedExitCode
    }

    private func look(at engine: Engine, by inspection: Inspection) throws -> [(String, Inspection.Verdict)] {
        var found: [(String, Inspection.Verdict)] = []
        // A server looks after its pages by itself; `pg_amcheck` looks at them.
        if engine == .sqlite {
            Self.show("pages and references")
            found = [("structure", try inspection.structure())]
            // What stands in damaged pages says nothing of the queue.
            if case .faults = found[0].1 { return found }
        }
        Self.show("counts")
        found.append(("counts", try inspection.content { try Invariants.faults(in: $0) }))
        found.append(("content", try inspection.blobs { Self.show("content, \($0) blobs") }))
        return found
    }

    private static func show(_ step: String) {
        if Console.isWatched { Console.writeProgress("looking at \(step)") }
    }

    private static func finding(_ subject: String, _ verdict: Inspection.Verdict) -> Finding {
        switch verdict {
        case .sound: Finding(subject: subject, isGood: true, detail: "sound")
        case .faults(let faults):
            Finding(
                subject: subject, isGood: false,
                detail: "damaged (\(faults.joined(separator: "; "))); stop the service and restore a backup")
        case .unfinished:
            Finding(
                subject: subject, isGood: true,
                detail: "not looked at to its end, because too much is written; check again at a quiet time")
        }
    }

    private static func words(for error: any CodedError) -> String {
        if let error = error as? PostgresError { return "\(error.message) (\(error.reason))" }
        return (error as? SQLiteError).map { "\($0.message) (\($0.reason))" } ?? error.message
    }

    /// A service whose lock files are gone has no write gate: its processes no longer wait for one another.
    private func locks(of database: Database) -> Finding {
        do {
            let missing = database.files.missingLocks
            let isInUse = try database.isInUse()
            if isInUse, !missing.isEmpty {
                throw UsageError(
                    "\(missing.joined(separator: ", ")) is gone; restart the service, which makes it anew.")
            }
            return Finding(subject: "locks", isGood: true, detail: isInUse ? "in use" : "nobody uses the database")
        } catch {
            return Finding(
                subject: "locks", isGood: false, detail: (error as? any CodedError)?.message ?? "\(error)")
        }
    }

    private func disk(of database: Database) -> Finding {
        let free = database.files.freeDiskBytes
        return Finding(
            subject: "disk", isGood: free >= Limits.freeDiskBytes,
            detail: "a local filesystem with \(free >> 20) MiB free, a log of \(database.files.logBytes >> 10) KiB"
                + (free < Limits.freeDiskBytes
                    ? "; free some, the service needs \(Limits.freeDiskBytes >> 20) MiB" : ""))
    }
}
