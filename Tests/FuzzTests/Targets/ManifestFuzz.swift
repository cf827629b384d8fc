import Core

@testable import Catalog

/// Manifests: one that is taken is whole, down to its golden rows.
enum ManifestFuzz {
    static func run(_ bytes: [UInt8]) throws {
        let model: Model
        do {
            model = try Model(manifest: bytes, folder: "models/m")
        } catch let error as any CodedError {
            _ = error.message
            return
        }
        try Finding.unless(model.name == "m", "the name is \(model.name)")
        try Finding.unless(model.version(model.defaultVersion) != nil, "the default version is not there")
        for resolved in model.resolved {
            let version = resolved.version
            try Finding.unless(resolved.layout.count == resolved.signature.inputs.count, "an input has no place")
            guard let golden = version.golden else {
                try Finding.unless(resolved.signature.isText, "a table without golden rows")
                continue
            }
            try Finding.unless(golden.rows.faults.isEmpty && golden.rows.count > 0, "golden rows that are none")
            // Of a classification the label alone will do.
            let isClassification = resolved.output.kind == .classification
            try Finding.unless(
                golden.answers.count == golden.rows.count
                    && golden.answers.allSatisfy { $0.count == resolved.output.width || $0.isEmpty && isClassification },
                "golden answers are missing")
            try Finding.unless(golden.labels.count == (isClassification ? golden.rows.count : 0), "labels are missing")
            try ScanRecord.expectWhole(golden.rows)
        }
    }
}
