import Catalog
import Core
import Foundation
import Inference
import TestSupport
import Testing

@Suite struct ShippedModelTests {
    @Test func `the shipped models load and give their golden answers`() throws {
        let loaded = LoadedModels(
            try Catalog(folder: PackageFiles.path("models")), libraryPath: ModelWorkshop.libraryPath)
        #expect(loaded.broken.isEmpty, "\(loaded.broken)")
        #expect(loaded.ready.map(\.identity.model) == ["iris", "purchase", "sentiment"])
    }

    /// What scikit-learn answered for the same rows when the models were trained.
    @Test(arguments: ["iris", "purchase", "sentiment"])
    func `a shipped model answers as the library that trained it did, on every row of its fixture`(
        model: String
    ) throws {
        let predictor = try ModelWorkshop.load(model)
        let fixture = try Fixture("Tests/Fixtures/\(model)_parity.ndjson")
        let rows = try ModelWorkshop.rows(fixture.inputs, for: model)
        let predictions = try predictor.predict(rows)
        #expect(fixture.labels.count >= 100)
        #expect(predictions.count == fixture.labels.count)
        #expect(predictions.faults.isEmpty)
        let width = predictions.width
        let answers = stride(from: 0, to: predictions.values.count, by: width).map {
            predictions.values[$0..<$0 + width]
        }
        let labels = answers.map { predictor.output.labels[predictor.output.label(of: $0, in: predictions.precision)] }
        #expect(zip(labels, fixture.labels).filter { $0 != $1 }.isEmpty)
        let differences = zip(answers, fixture.probabilities).flatMap { zip($0, $1).map { abs(Double($0) - $1) } }
        #expect(differences.count == fixture.labels.count * width)
        #expect(differences.allSatisfy { $0 <= 1e-4 }, "off by up to \(differences.max() ?? 0)")
    }

    /// Rows with the answers that they must get.
    private struct Fixture {
        var inputs = ""
        var labels: [String] = []
        var probabilities: [[Double]] = []

        init(_ name: String) throws {
            for line in try PackageFiles.text(name).split(separator: "\n") {
                var row = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                labels.append(try #require(row.removeValue(forKey: "prediction") as? String))
                probabilities.append(try #require(row.removeValue(forKey: "probabilities") as? [Double]))
                inputs += String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self) + "\n"
            }
        }
    }
}
