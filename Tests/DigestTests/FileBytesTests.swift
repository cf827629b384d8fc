import Core
import Digest
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct FileBytesTests {
    private let folder = TemporaryFolder()

    private func makeFile(_ count: Int) throws -> String {
        let path = folder.path + "/file-\(count)"
        try Data((0..<count).map { UInt8(truncatingIfNeeded: $0) }).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test func `a file of just the bound is read and one byte more is refused`() throws {
        let path = try makeFile(1_000)
        #expect(try FileBytes.read(path, upTo: 1_000) == (0..<1_000).map { UInt8(truncatingIfNeeded: $0) })
        let error = #expect(throws: FileError.self) { try FileBytes.read(path, upTo: 999) }
        #expect(error?.message == "A file could not be read (it is larger than 999 bytes).")
    }

    @Test func `an empty file is no bytes`() throws {
        #expect(try FileBytes.read(makeFile(0), upTo: 0) == [])
    }

    @Test func `a missing file says so without its path`() {
        let error = #expect(throws: FileError.self) { try FileBytes.read(folder.path + "/none", upTo: 1) }
        #expect(error?.operation == "opened")
        #expect(error?.message.contains(folder.path) == false)
    }

    @Test func `a folder and a device are no plain files`() {
        for path in [folder.path, "/dev/zero"] {
            let error = #expect(throws: FileError.self) { try FileBytes.read(path, upTo: 1_000) }
            #expect(error?.reason == "it is no plain file")
        }
    }

    /// Opening a pipe that nobody writes to waits for ever, and took the whole start with it.
    @Test(.timeLimit(.minutes(1))) func `a named pipe is refused at once`() {
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        let refused = Latch()
        _ = ServiceThread(name: "reader") { [folder] _ in
            do { _ = try FileBytes.read(folder.path + "/pipe", upTo: 1) } catch { refused.raise() }
        }
        #expect(refused.wait(for: .seconds(5)))
    }
}
