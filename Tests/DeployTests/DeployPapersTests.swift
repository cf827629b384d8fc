import Foundation
import Operations
import TestSupport
import Testing

@Suite struct DeployPapersTests {
    @Test func `the shell reads the replay`() throws {
        let outcome = try Tool.run(["bash", "-n", "deploy/replay"])
        #expect(outcome.code == 0, "\(outcome.text)")
        #expect(FileManager.default.isExecutableFile(atPath: PackageFiles.path("deploy/replay")))
    }

    @Test func `every file for deployment is told of`() throws {
        let readme = try PackageFiles.text("deploy/README.md")
        let folder = URL(fileURLWithPath: PackageFiles.path("deploy"))
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            if ["README.md", "Dockerfile.dockerignore", "secrets"].contains(name) { continue }
            #expect(readme.contains(name), "\(name)")
        }
    }

    @Test func `the papers name settings and commands that there are`() throws {
        let readme = try PackageFiles.text("deploy/README.md")
        let settings = Set(Setting.all.map(\.name))
        for name in readme.matches(of: /SIBYL_[A-Z_]+/).map({ String($0.output) }) {
            #expect(settings.contains(name), "\(name)")
        }
        let commands = try ProgramHelp.commands()
        for match in readme.matches(of: /(?:`|bin\/)sibyl ([a-z]+)/) {
            #expect(commands.contains(String(match.output.1)), "\(match.output.0)")
        }
    }
}
