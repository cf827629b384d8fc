import Foundation
import TestSupport
import Testing

/// The units in `deploy/systemd`, in a root that holds them, the system's own and nothing else.
final class Units: Sendable {
    static let services = ["sibyl-api.service", "sibyl-worker@01.service", "sibyl-backup.service"]
    static let others = ["sibyl-backup.timer", "sibyl.target"]
    static let program = "/opt/sibyl/bin/sibyl"

    private let folder = TemporaryFolder()
    var root: String { folder.path }

    init() throws {
        let files = FileManager.default
        for part in ["etc/systemd/system", "lib/systemd", "opt/sibyl/bin", "bin", "usr/bin"] {
            try files.createDirectory(atPath: "\(root)/\(part)", withIntermediateDirectories: true)
        }
        try files.copyItem(atPath: "/lib/systemd/system", toPath: root + "/lib/systemd/system")
        for name in try files.contentsOfDirectory(atPath: PackageFiles.path("deploy/systemd")) {
            try files.copyItem(
                atPath: PackageFiles.path("deploy/systemd/" + name), toPath: "\(root)/etc/systemd/system/\(name)")
        }
        // What the units start must be there, and may be anything.
        for program in [Self.program, "/bin/sh", "/usr/bin/find"] {
            try files.copyItem(atPath: "/bin/true", toPath: root + program)
        }
    }

    /// The values of a key in a service's unit, in order.
    static func values(_ key: String, of unit: String) throws -> [String] {
        let file = unit.replacing("@01", with: "@")
        let lines = try PackageFiles.text("deploy/systemd/" + file).split(separator: "\n")
        return lines.filter { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    /// The one value of a key in a service's unit, as a whole number.
    static func number(_ key: String, of unit: String) throws -> Int {
        let values = try values(key, of: unit)
        return try #require(values.count == 1 ? Int(values[0]) : nil)
    }
}
