import Foundation
import TestSupport
import Testing

@Suite struct PrivacyTests {
    /// ONNX Runtime's own builds send what they see of machine and models to their makers, and keep an id and a store for
    /// that in the user's home, unless they were told not to before they start.
    @Test func `nothing is kept in the home of the user, as the library would before it tells others of it`() throws {
        let (home, state) = (TemporaryFolder(), TemporaryFolder())
        let given = ["HOME=\(home.path)", "SIBYL_DATABASE=\(state.path)/sibyl.db"]
        // What keeps the library silent by itself, or leads it elsewhere, must not be why it is silent here.
        let hidden = ["CI", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME"].flatMap { ["-u", $0] }
        let outcome = try Tool.run(["env"] + hidden + given + [Tool.program, "doctor"])
        #expect(outcome.code == 0, "\(outcome.text)")
        #expect(outcome.text.contains("golden answers"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == [])
    }
}
