import Foundation
import TestSupport
import Testing

/// `sibyl models import`: from a file to answers.
@Suite struct ImportTests {
    private let service = ServiceUnderTest()
    private let library = PackageFiles.path(".tools/onnxruntime/libonnxruntime.so")
    private var models: String { service.folder.path + "/models" }

    private func file(_ fixture: String) -> String { PackageFiles.path("Tests/Fixtures/text/\(fixture).onnx") }

    private func `import`(_ path: String, _ options: [String]) throws -> (code: Int32, output: String, errors: String) {
        try service.command(["models", "import", path, "--models", models, "--onnxruntime", library] + options)
    }

    @Test func `an imported text model is compared, served, and told of at the start`() throws {
        let done = try `import`(
            file("two_labels"), ["--name", "spam", "--labels", "ham,spam", "--positive-label", "spam", "--json"])
        #expect(done.code == 0, "\(done.errors)")
        let told = try #require(try JSONSerialization.jsonObject(with: Data(done.output.utf8)) as? [String: Any])
        #expect(told["engine"] as? String == "fused" && told["labels"] as? [String] == ["ham", "spam"])
        let comparison = try #require(told["comparison"] as? [String: Any])
        #expect(comparison["texts"] as? Int == 1_000 && comparison["other_labels"] as? Int == 0)

        try service.startAPI(["--models", models])
        try service.startWorker("worker", ["--models", models])
        let id = try service.submit("good book, not bad", model: "spam")
        #expect(try service.ended(id).status == "completed")
        let row = try #require(try service.get("/predict/async/\(id)").json["result"] as? [String: Any])
        #expect(["ham", "spam"].contains(row["prediction"] as? String ?? ""))
        let versions = try service.get("/models/spam").json["versions"] as? [[String: Any]]
        #expect(versions?.first?["engine"] as? String == "fused")
        #expect(service.logText("worker").contains("no golden rows, the kernel was compared with ONNX Runtime"))
    }

    @Test func `a file that cannot be imported leaves nothing behind, and the error says why`() throws {
        let refusals = [
            (try `import`(PackageFiles.path("README.md"), ["--name", "a"]), 1, "ONNX Runtime cannot read it"),
            (try `import`(file("two_labels"), ["--name", "../a"]), 1, "`name` must be 1 to 64"),
            (try `import`(file("two_labels"), ["--name", "a", "--labels", "x"]), 64, "gives 2 values a text"),
            (try `import`(file("two_labels"), []), 64, "sibyl models import FILE --name NAME"),
        ]
        for (refusal, code, words) in refusals {
            #expect(refusal.code == code && refusal.errors.contains(words), "\(refusal)")
        }
        let left = try? FileManager.default.contentsOfDirectory(atPath: models)  // try? because it may never be made
        #expect(left ?? [] == [])

        #expect(try `import`(file("two_labels"), ["--name", "a"]).code == 0)
        let again = try `import`(file("three_labels"), ["--name", "a"])
        #expect(again.code == 64 && again.errors.contains("There is a model `a` already"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: models) == ["a"])
    }

    @Test func `an imported model that the engines disagree on says so`() throws {
        let done = try `import`(file("sublinear"), ["--name", "slow"])
        #expect(done.code == 0 && done.output.contains("It runs on ONNX Runtime, which is slow in bulk"))
        #expect(done.output.contains("labels differ"))
    }
}
