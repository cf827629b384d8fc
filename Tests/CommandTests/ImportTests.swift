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

    /// A fixture's texts with the library's answers, one object a line; without blank texts, which the service refuses.
    private func answers(_ fixture: String) throws -> [[String: Any]] {
        try PackageFiles.text("Tests/Fixtures/text/\(fixture).ndjson").split(separator: "\n").compactMap { line in
            let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return (row?["text"] as? String)?.isEmpty == false ? row : nil
        }
    }

    /// Writes rows as a file of golden rows.
    private func golden(_ rows: [[String: Any]]) throws -> String {
        let path = service.folder.path + "/golden-\(rows.count).ndjson"
        let lines = try rows.map { row in
            var row = row
            row["probabilities"] = row.removeValue(forKey: "values")
            return String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self)
        }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// What the service answers for some texts.
    private func served(_ rows: [[String: Any]], by model: String) throws -> [[String: Any]] {
        let lines = try rows.map { row in
            String(decoding: try JSONSerialization.data(withJSONObject: ["text": row["text"]!]), as: UTF8.self)
        }
        let id = try service.submit(
            table: lines.joined(separator: "\n"), "model=\(model)", type: "application/x-ndjson")
        _ = try service.ended(id)
        return try service.objects(id)
    }

    /// A hinge model answered `confidence` 5.25 and -0.16, and a ridge of two labels was taken for a regression.
    @Test func `margins are refused with the remedy, and as scores they have the library's labels and no confidence`()
        throws
    {
        let refused = try `import`(file("margins_two"), ["--name", "two"])
        #expect(refused.code != 0 && refused.errors.contains("gives scores such as margins"), "\(refused)")
        #expect(refused.errors.contains("CalibratedClassifierCV") && refused.errors.contains("--scores"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: models) == [])

        let done = try `import`(
            file("margins_two"), ["--name", "two", "--scores", "--positive-label", "1", "--json"])
        let told = try #require(try JSONSerialization.jsonObject(with: Data(done.output.utf8)) as? [String: Any])
        #expect(told["gives"] as? String == "scores" && told["labels"] as? [String] == ["0", "1"])
        #expect(try `import`(file("margins_three"), ["--name", "three", "--scores"]).code == 0)

        try service.startAPI(["--models", models])
        try service.startWorker("worker", ["--models", models])
        for (model, fixture) in [("two", "margins_two"), ("three", "margins_three")] {
            let expected = try answers(fixture)
            let rows = try served(expected, by: model)
            #expect(rows.map { $0["prediction"] as? String } == expected.map { $0["prediction"] as? String })
            #expect(rows.allSatisfy { $0["confidence"] is NSNull && $0["probabilities"] is NSNull })
            #expect(rows.allSatisfy { model == "two" ? $0["score"] is Double : $0["score"] is NSNull })
        }
        #expect(try service.get("/models/two").json["gives"] as? String == "scores")
        let predicted = try service.command(["predict", "good book", "--model", "two", "--url", service.url])
        #expect(predicted.code == 0 && !predicted.output.isEmpty, "\(predicted)")
    }

    @Test func `a file of a fixed number of rows is served for any number, and named as slow`() throws {
        for (fixture, words) in [("one_row", "one row at a time"), ("four_rows", "exactly 4 rows at a time")] {
            let done = try `import`(file(fixture), ["--name", fixture])
            #expect(done.code == 0 && done.output.contains("WARNING: Of the file: it takes \(words)"), "\(done)")
        }
        try service.startAPI(["--models", models])
        try service.startWorker("worker", ["--models", models])
        for (fixture, words) in [("one_row", "one row at a time"), ("four_rows", "exactly 4 rows")] {
            let expected = try answers(fixture)
            let rows = try served(expected, by: fixture)
            #expect(rows.count == expected.count && rows.allSatisfy { $0["status"] as? String == "succeeded" })
            for (row, right) in zip(rows, expected) {
                let found = try #require(row["probabilities"] as? [String: Double])
                let values = try #require(right["values"] as? [Double])
                #expect(zip(["high", "low", "middle"], values).allSatisfy { abs(found[$0]! - $1) < 1e-5 })
            }
            let versions = try service.get("/models/\(fixture)").json["versions"] as? [[String: Any]]
            #expect((versions?.first?["warning"] as? String)?.contains(words) == true, "\(versions ?? [])")
            #expect(versions?.first?["problem"] is NSNull)
        }
        #expect(service.logText("worker").contains("model is slow"))
        let doctor = try service.command(["doctor", "--models", models, "--onnxruntime", library])
        #expect(doctor.output.contains("it takes exactly 4 rows at a time"))
    }

    /// Two engines agreed with each other, and 179 of 1,000 answers were others than the library's.
    @Test func `an import without the library's answers warns, and names the pattern that keeps them`() throws {
        let done = try `import`(file("converter_defaults"), ["--name", "default"])
        #expect(done.code == 0 && done.output.contains("WARNING: Nothing was compared with the library"))
        #expect(done.output.contains("`[a-zA-Z0-9_]+`") && done.output.contains("`[\\p{L}\\p{N}_]{2,}` keeps"))
        let right = try `import`(file("three_labels"), ["--name", "right"])
        #expect(right.output.contains("which is scikit-learn's own") && !right.output.contains("keeps scikit"))
    }

    @Test func `probabilities that are imported as scores are named`() throws {
        let done = try `import`(file("three_labels"), ["--name", "odd", "--scores"])
        #expect(done.code == 0 && done.output.contains("WARNING: --scores was given"), "\(done)")
        let margins = try `import`(file("margins_three"), ["--name", "margins", "--scores"])
        #expect(margins.code == 0 && !margins.output.contains("--scores was given"), "\(margins)")
    }

    @Test func `golden rows are checked whole on every engine, and some are kept`() throws {
        // The converter writes another logarithm: the kernel gives the library's answers, ONNX Runtime does not.
        let rows = try answers("sublinear")
        let many = (0..<9).flatMap { _ in rows }
        let done = try `import`(file("sublinear"), ["--name", "kept", "--golden", try golden(many)])
        #expect(done.code == 0 && done.output.contains("fused: all \(many.count) golden rows"), "\(done)")
        #expect(done.output.contains("onnxruntime: ") && done.output.contains("give other answers than the library"))
        #expect(!done.output.contains("WARNING"))
        let manifest = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: "\(models)/kept/model.json")))
        let version = ((manifest as? [String: Any])?["versions"] as? [[String: Any]])?.first
        let kept = (version?["golden"] as? [String: Any])?["rows"] as? [Any]
        #expect((10...100).contains(kept?.count ?? 0))
        let doctor = try service.command(["doctor", "--models", models, "--onnxruntime", library])
        #expect(doctor.output.contains("kept v1: loaded, and its golden rows give their golden answers"))
    }

    @Test func `golden rows that no engine answers are refused with both sides`() throws {
        var rows = try answers("three_labels")
        rows[3] = ["text": rows[3]["text"]!, "prediction": "middle"]
        let found = try answers("three_labels")[3]["values"] as? [Double]
        #expect(found?.max() != found?.last, "the right label is another one")
        let done = try `import`(file("three_labels"), ["--name", "wrong", "--golden", try golden(rows)])
        #expect(done.code != 0 && done.errors.contains("1 of \(rows.count) golden rows"), "\(done)")
        #expect(done.errors.contains("in row 3 the label is `") && done.errors.contains("and `middle` was expected"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: models) == [])
        let unread = try `import`(file("three_labels"), ["--name", "wrong", "--golden", file("three_labels")])
        #expect(unread.code == 64 && unread.errors.contains("The file of golden rows cannot be used"))
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
