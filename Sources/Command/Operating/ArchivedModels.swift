internal import Core
internal import Digest
internal import Foundation
internal import Store

/// Moves the files of models between their folder and a backup.
struct ArchivedModels {
    /// The folder of models, with one folder a model.
    let folder: String

    // MARK: Into the backup

    /// Adds every file of every folder that holds a manifest.
    ///
    /// - Returns: the number of files.
    func add(to archive: Archive) throws -> Int {
        let paths = try paths()
        for path in paths { try add(path, to: archive) }
        return paths.count
    }

    private func paths() throws -> [String] {
        let manager = FileManager.default
        // A service without models has nothing to keep.
        guard manager.fileExists(atPath: folder) else { return [] }
        return try manager.contentsOfDirectory(atPath: folder).sorted().flatMap { name -> [String] in
            // A model may be a link to a folder elsewhere.
            let root = URL(fileURLWithPath: folder + "/" + name).resolvingSymlinksInPath().path
            guard manager.fileExists(atPath: root + "/model.json") else { return [] }
            return try manager.subpathsOfDirectory(atPath: root).sorted().filter { path in
                var isFolder: ObjCBool = false
                return manager.fileExists(atPath: root + "/" + path, isDirectory: &isFolder) && !isFolder.boolValue
            }.map { name + "/" + $0 }
        }
    }

    private func add(_ path: String, to archive: Archive) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: folder + "/" + path))
        let digest = SHA256Stream()
        var (bytes, pieces) = (0, 0)
        while let data = try file.read(upToCount: Limits.archivedPieceBytes), !data.isEmpty {
            let piece = [UInt8](data)
            digest.update(piece)
            try archive.add(piece, of: path, piece: pieces)
            bytes += piece.count
            pieces += 1
        }
        try archive.add(.init(path: path, bytes: bytes, digest: Hexadecimal.encode(digest.finish())))
    }

    // MARK: Out of the backup

    /// Checks that every file can be written without harm to what is there.
    ///
    /// - Parameter isForced: whether files that differ may be replaced.
    /// - Returns: the files that are not there yet, or differ.
    func missing(of archive: Archive, isForced: Bool) throws -> [Archive.File] {
        try archive.files().filter { file in
            try check(file, in: archive)
            let path = folder + "/" + file.path
            guard FileManager.default.fileExists(atPath: path) else { return true }
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            let digest = SHA256Stream()
            while let data = try handle.read(upToCount: Limits.archivedPieceBytes), !data.isEmpty {
                digest.update([UInt8](data))
            }
            if Hexadecimal.encode(digest.finish()) == file.digest { return false }
            if !isForced { throw BackupError.modelDiffers(path: path) }
            return true
        }
    }

    /// Writes files into the folder, each whole or not at all.
    func write(_ files: [Archive.File], from archive: Archive) throws {
        let manager = FileManager.default
        for file in files {
            let target = URL(fileURLWithPath: folder + "/" + file.path)
            try manager.createDirectory(at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
            let part = target.path + ".part"
            guard manager.createFile(atPath: part, contents: nil) else {
                throw BackupError.fileUnusable(path: part, reason: "it cannot be made")
            }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: part))
            try archive.read(file.path) { try handle.write(contentsOf: $0) }
            try handle.synchronize()
            try handle.close()
            if rename(part, target.path) != 0 {
                throw BackupError.fileUnusable(path: target.path, reason: String(cString: strerror(errno)))
            }
        }
    }

    /// Checks a file's content, and that its name leads nowhere but into the folder.
    private func check(_ file: Archive.File, in archive: Archive) throws {
        let parts = file.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count > 1, !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw BackupError.damaged(reason: "it holds a file with a strange name")
        }
        let digest = SHA256Stream()
        try archive.read(file.path) { digest.update($0) }
        guard Hexadecimal.encode(digest.finish()) == file.digest else {
            throw BackupError.damaged(reason: "a model's file fails its checksum")
        }
    }
}
