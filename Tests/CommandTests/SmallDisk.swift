import Foundation
import TestSupport

/// A filesystem of its own in memory, whose size and mode change while it is in use.
final class SmallDisk {
    /// Whether this machine lets the tests mount one; else what needs it is skipped, which the test run counts.
    static let isPossible = (try? SmallDisk()) != nil

    private let folder = TemporaryFolder()
    var path: String { folder.path }

    init() throws { try SystemProgram.run("mount", "-t", "tmpfs", "-o", "size=\(Self.ample)k", "none", folder.path) }

    deinit { try? SystemProgram.run("umount", "--lazy", folder.path) }

    /// KiB that are more than the service asks for.
    private static let ample = 2 << 20

    /// Leaves so many KiB free.
    func leave(free: Int) throws { try resize(to: used() + free) }

    /// Makes room again.
    func clear() throws { try resize(to: Self.ample) }

    func makeReadOnly() throws { try SystemProgram.run("mount", "-o", "remount,ro", path) }

    /// Makes one file of it read-only, whoever writes.
    func makeReadOnly(_ file: String) throws {
        try SystemProgram.run("mount", "--bind", file, file)
        try SystemProgram.run("mount", "-o", "remount,bind,ro", file)
    }

    func makeWritable(_ file: String) throws { try SystemProgram.run("umount", file) }

    private func resize(to size: Int) throws { try SystemProgram.run("mount", "-o", "remount,size=\(size)k", path) }

    private func used() throws -> Int {
        let attributes = try FileManager.default.attributesOfFileSystem(forPath: path)
        let (size, free) = (attributes[.systemSize] as? Int ?? 0, attributes[.systemFreeSize] as? Int ?? 0)
        return (size - free) >> 10
    }
}
