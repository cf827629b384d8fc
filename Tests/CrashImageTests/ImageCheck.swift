import Core
import Foundation
import Store
import TestSupport

@testable import Queue

/// Starts the service on what a power loss left, and compares it with what callers were told before.
final class ImageCheck {
    private let workload: Workload
    private let point: Int
    private let folder = TemporaryFolder(in: parent)
    /// An image is only read and worked off, so that memory will do where there is a folder for it.
    private static let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"

    init(_ workload: Workload, at point: Int, files: [String: [UInt8]]) throws {
        self.workload = workload
        self.point = point
        try CrashImages.write(files, to: folder.path)
    }

    /// What is wrong; empty when every promise was kept.
    func faults() -> [String] {
        do {
            let service = try Service(Database(path: folder.path + "/power.db"), bootPrefix: "b")
            service.clock.advance(by: workload.elapsed)
            let found = try faults(of: service, isDrained: false)
            try drain(service)
            return found + (try faults(of: service, isDrained: true))
        } catch {
            return ["\(error)"]
        }
    }

    /// - Parameter isDrained: whether the work that was left has been done since.
    private func faults(of service: Service, isDrained: Bool) throws -> [String] {
        if let damage = try service.database.check() { return ["damaged: \(damage)"] }
        return try service.database.makeWriter(.relaxed).read { connection in
            var faults = try Invariants.faults(in: connection)
            if try connection.first("PRAGMA auto_vacuum", make: { $0.int(0) }) != 2 { faults.append("auto_vacuum") }
            for (index, entry) in workload.ledger.all.enumerated() {
                let task = try TaskCheck(entry, at: point, in: service, isDrained: isDrained)
                let name = "task \(index)" + (isDrained ? ", drained" : "")
                faults += try task.faults(in: connection).map { "\(name): \($0)" }
            }
            return faults
        }
    }

    /// Lets a worker and the keeper bring everything to its end.
    private func drain(_ service: Service) throws {
        let upkeep = try service.makeUpkeep()
        // The owners of the time before are gone; their beats stand still.
        _ = try upkeep.rescue()
        service.clock.advance(by: Service.lease)
        _ = try upkeep.rescue()
        let worker = try service.makeWorker()
        // Uploads that nobody goes on with end when their time is over.
        for time in [.seconds(1), Limits.uploadIdle] {
            service.clock.advance(by: time)
            try upkeep.promote()
            try upkeep.expire()
            while try upkeep.stop() {}
            while let claim = try worker.claim(upToRows: 100_000) { try worker.complete(claim) }
            while try upkeep.stop() {}
        }
    }
}
