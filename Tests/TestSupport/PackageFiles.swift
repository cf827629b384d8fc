import Foundation

/// Finds and reads files of the package, wherever the tests run.
package enum PackageFiles {
    /// The folder that holds `Package.swift`.
    package static let root: String = {
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            precondition(folder.path != "/", "the tests lie in a package")
            folder.deleteLastPathComponent()
        }
        return folder.path
    }()

    /// The path of a file, given from the root.
    package static func path(_ name: String) -> String { root + "/" + name }

    package static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    /// The rows of the tables of a Markdown file, each as its cells without backticks; heads and rulers are left out.
    package static func tableRows(_ name: String) throws -> [[String]] {
        let lines = try text(name).split(separator: "\n").filter { $0.hasPrefix("|") }
        let rulers = Set(lines.indices.filter { lines[$0].allSatisfy { "|-: ".contains($0) } })
        return lines.indices.filter { !rulers.contains($0) && !rulers.contains($0 + 1) }.map { index in
            lines[index].split(separator: "|").map { cell in
                cell.replacing("`", with: "").trimmingCharacters(in: .whitespaces)
            }
        }
    }
}
