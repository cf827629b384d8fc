internal import Core
internal import Foundation
internal import Glibc
internal import Operations
internal import Queue
internal import Store

/// `sibyl restore`: puts a backup in place, after all of it was looked at.
struct RestoreCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "restore", "Checks a backup whole and puts its database and models in place.", operands: ["FILE"],
            options: [
                .init("--force", "Replaces a database and models that are there; the old database is kept beside it."),
                .init("--json", "One JSON object instead of a line."),
            ],
            settings: [Setting.database, Setting.models])
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard let file = arguments.operands.first else { throw UsageError("`sibyl restore` needs a FILE.") }
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        try BackupError.refuseServer(
            values[.database]!,
            remedy: "stop the service, bring the database back with `pg_restore`, and put the models' folder back.")
        let isForced = arguments.has("--force")
        let database = try Database(path: values[.database]!)
        if try database.isInUse() { throw StoreError.inUse }
        let path = database.files.path
        if access(path, F_OK) == 0, !isForced { throw BackupError.exists(path: path) }
        let copy = path + ".restoring"
        let leftovers = [copy, copy + "-wal", copy + "-shm", copy + "-journal"]
        for leftover in leftovers { unlink(leftover) }
        defer { for leftover in leftovers { unlink(leftover) } }

        try BackupError.checkRoom(for: DatabaseFiles(path: file).databaseBytes, at: path)
        try BackupSeal.open(file, copyingTo: copy)
        let tasks = try Self.prepare(copy, models: ArchivedModels(folder: values[.models]!), isForced: isForced)
        for log in leftovers.dropFirst() { unlink(log) }
        let old = Self.freeName(path + ".before-restore")
        let isReplacing = access(path, F_OK) == 0
        try database.replace(by: copy, keepingOldAs: old)
        report(path, tasks: tasks, old: isReplacing ? old : nil, asJSON: arguments.has("--json"))
        return 0
    }

    /// Looks at the whole copy, writes the models, and makes a database of it.
    ///
    /// - Returns: the number of its tasks.
    private static func prepare(_ copy: String, models: ArchivedModels, isForced: Bool) throws -> Int {
        do {
            let archive = try Archive(path: copy)
            if let fault = try archive.fault() { throw BackupError.damaged(reason: fault) }
            let missing = try models.missing(of: archive, isForced: isForced)
            let tasks = try archive.tasks()
            try models.write(missing, from: archive)
            try archive.becomeDatabase { try Restoration.prepare($0) }
            return tasks
        } catch let error as SQLiteError where error.isDamage {
            throw BackupError.damaged(reason: error.reason)
        }
    }

    private static func freeName(_ wanted: String) -> String {
        var (name, number) = (wanted, 1)
        while access(name, F_OK) == 0 {
            number += 1
            name = "\(wanted)-\(number)"
        }
        return name
    }

    private func report(_ path: String, tasks: Int, old: String?, asJSON: Bool) {
        guard asJSON else {
            Console.write(
                "\(path): \(tasks) tasks\n" + (old.map { "The database that was there is now \($0).\n" } ?? ""))
            return
        }
        let answer = JSONWriter.write { json in
            json.object { json in
                json.member("database", path)
                json.member("tasks", tasks)
                json.member("old_database", old)
            }
        }
        Console.write(answer + [UInt8(ascii: "\n")])
    }
}
