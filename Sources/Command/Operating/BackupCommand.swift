internal import Core
internal import Foundation
internal import Glibc
internal import Operations
internal import Queue
internal import Store

/// `sibyl backup`: one file that holds the database and the models, made while the service runs.
struct BackupCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "backup", "Writes the database and the models into one file, while the service runs.", operands: ["FILE"],
            options: [
                .init("--force", "Replaces FILE when it is there."),
                .init("--json", "One JSON object instead of a line."),
            ],
            settings: [Setting.database, Setting.models])
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard let path = arguments.operands.first else { throw UsageError("`sibyl backup` needs a FILE.") }
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        try BackupError.refuseServer(
            values[.database]!,
            remedy: "save it with `pg_dump --format=custom`, while the service runs, and copy the models' folder.")
        if access(path, F_OK) == 0, !arguments.has("--force") { throw BackupError.exists(path: path) }
        guard access(DatabaseFiles(path: values[.database]!).path, F_OK) == 0 else {
            throw UsageError("There is no database at \(values[.database]!); name it with --database.")
        }
        let database = try Database(path: values[.database]!)
        try BackupError.checkRoom(for: database.files.databaseBytes + database.files.logBytes, at: path)
        let made = try Self.make(of: database, models: ArchivedModels(folder: values[.models]!), at: path)
        let bytes = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
        if arguments.has("--json") {
            let answer = JSONWriter.write { json in
                json.object { json in
                    json.member("file", path)
                    json.member("bytes", bytes)
                    json.member("sha256", made.digest)
                    json.member("tasks", made.tasks)
                    json.member("model_files", made.files)
                }
            }
            Console.write(answer + [UInt8(ascii: "\n")])
        } else {
            Console.write(
                "\(path): \(made.tasks) tasks, \(made.files) model files, \(bytes) bytes, SHA-256 \(made.digest)\n")
        }
        return 0
    }

    /// What a backup holds.
    private struct Made {
        let tasks: Int
        let files: Int
        let digest: String
    }

    /// Writes beside the file first, so that a file of that name is always whole.
    private static func make(of database: Database, models: ArchivedModels, at path: String) throws -> Made {
        let part = path + ".part"
        for leftover in [part, part + "-wal", part + "-shm", part + "-journal"] { unlink(leftover) }
        defer { unlink(part) }
        let (tasks, files) = try fill(part, from: database, models: models)
        let digest = try BackupSeal.close(part)
        if rename(part, path) != 0 {
            throw BackupError.fileUnusable(path: path, reason: String(cString: strerror(errno)))
        }
        try FolderSync.synchronize(folderOf: path)
        return Made(tasks: tasks, files: files, digest: digest)
    }

    private static func fill(
        _ part: String, from database: Database, models: ArchivedModels
    ) throws -> (tasks: Int, files: Int) {
        let archive = try Archive.make(of: database, at: part) { share in
            if Console.isWatched { Console.writeProgress("copying: \(Int(share * 100)) %") }
        }
        if Console.isWatched { Console.writeProgress("") }
        let files = try models.add(to: archive)
        // A backup of a damaged database is worth having only when one knows.
        if let fault = try archive.fault() { throw BackupError.databaseDamaged(reason: fault) }
        return (try archive.tasks(), files)
    }
}

/// Makes the names of a folder's files last.
enum FolderSync {
    /// - Parameter path: a file in the folder.
    static func synchronize(folderOf path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        if descriptor < 0 || fsync(descriptor) != 0 {
            throw BackupError.fileUnusable(path: folder, reason: String(cString: strerror(errno)))
        }
    }
}
