import Foundation
import Glibc
import TestSupport
import Testing

/// What the program stores on a machine with other accounts.
@Suite(.serialized) struct PrivateFilesTests {
    @Test func `whatever the umask, all that is stored is for the service's account alone`() throws {
        let folder = TemporaryFolder()
        let data = folder.path + "/state/data"
        let service = ServiceUnderTest(database: data + "/sibyl.db")
        let generous = ["/bin/sh", "-c", "umask 000; exec \"$@\"", "sh"]
        let ready = service.folder.path + "/url"
        try service.start("api", ["api", "--listen", "127.0.0.1:0", "--ready-file", ready], by: generous)
        try service.wait("the API to listen") { FileManager.default.fileExists(atPath: ready) }
        service.follow(try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines))
        try service.start("worker", ["worker"], by: generous)
        _ = try service.ended(try service.submit("a review"))
        try service.start("backup", ["backup", data + "/copy.sibyl"], by: generous)
        #expect(service.end("backup") == 0)

        #expect(try Self.rights(data) == 0o700)
        let names = try FileManager.default.subpathsOfDirectory(atPath: data)
        #expect(
            names.contains { $0.hasPrefix("sibyl.db-doors/") } && names.contains { $0.hasPrefix("sibyl.db-owners/") })
        #expect(Set(names).isSuperset(of: ["sibyl.db", "sibyl.db-wal", "sibyl.db-shm", "sibyl.db-gate", "copy.sibyl"]))
        for name in names {
            let rights = try Self.rights(data + "/" + name)
            #expect(rights & 0o077 == 0, "\(name) has \(String(rights, radix: 8))")
        }
    }

    @Test func `the task that a client remembers is its account's alone`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let state = service.folder.path + "/sibyl"
        #expect(try service.command(["submit", "-", "--format", "csv", "--model", "iris"]).code != 0)
        let file = service.folder.path + "/flowers.csv"
        try "sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let old = umask(0)
        defer { umask(old) }
        #expect(try service.command(["submit", file, "--model", "iris"]).code == 0)
        #expect(try Self.rights(state) == 0o700)
        #expect(try Self.rights(state + "/last") == 0o600)
    }

    private static func rights(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }
}
