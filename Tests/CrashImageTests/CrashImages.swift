import Foundation
import TestSupport

/// Makes images of what a power loss may leave of a workload's disk, and looks at each.
struct CrashImages {
    let workload: Workload
    let seed: UInt64

    /// One image: a moment, and the seed of what became of the writes in flight.
    struct Image {
        let number: Int
        let point: Int
        let seed: UInt64
    }

    /// What is wrong with an image.
    struct Failure: CustomStringConvertible {
        let seed: UInt64
        let image: Image
        let faults: [String]
        /// Where the image is kept.
        let folder: String

        var description: String {
            "seed \(seed), image \(image.number) (event \(image.point)), kept in \(folder): "
                + faults.prefix(5).joined(separator: "; ")
        }
    }

    /// Looks at images, in the order of their moments, and keeps those that are wrong.
    func check(_ count: Int) throws -> [Failure] {
        var failures: [Failure] = []
        try look(at: count) { image, files, faults in
            if faults.isEmpty { return true }
            failures.append(Failure(seed: seed, image: image, faults: faults, folder: try Self.keep(files)))
            return failures.count < 10
        }
        return failures
    }

    /// Whether one of some images at least is wrong.
    func isAnyWrong(of count: Int) throws -> Bool {
        var isWrong = false
        try look(at: count) { _, _, faults in
            isWrong = !faults.isEmpty
            return !isWrong
        }
        return isWrong
    }

    private func look(
        at count: Int, while body: (Image, _ files: [String: [UInt8]], _ faults: [String]) throws -> Bool
    ) throws {
        let events = workload.trace.events
        var disk = Disk()
        var applied = 0
        for image in choose(count) {
            while applied < image.point {
                disk.apply(events[applied])
                applied += 1
            }
            var generator = SeededGenerator(seed: image.seed)
            let files = disk.image(using: &generator)
            let faults = try ImageCheck(workload, at: image.point, files: files).faults()
            guard try body(image, files, faults) else { return }
        }
    }

    /// What is wrong when all that no flush has covered is lost at a moment.
    func faultsOfFlushed(at point: Int) throws -> [String] {
        var disk = Disk()
        for event in workload.trace.events[..<point] { disk.apply(event) }
        return try ImageCheck(workload, at: point, files: disk.flushed).faults()
    }

    private func choose(_ count: Int) -> [Image] {
        let points = CrashPoints(workload)
        var generator = SeededGenerator(seed: seed ^ 0xC4A5)
        return (0..<count).map { number in
            let point = points.point(number, share: Double(number + 1) / Double(count), using: &generator)
            return Image(number: number, point: point, seed: generator.next())
        }.sorted { $0.point < $1.point }
    }

    private static func keep(_ files: [String: [UInt8]]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sibyl-crash-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write(files, to: folder.path)
        return folder.path
    }

    static func write(_ files: [String: [UInt8]], to folder: String) throws {
        for (path, bytes) in files {
            let name = path[path.index(after: path.lastIndex(of: "/")!)...]
            try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
        }
    }
}
