internal import Core
internal import Foundation

/// A model's manifest, `model.json`, as it is written: `docs/model.schema.json` gives the rules.
///
/// ``Model`` is what the rest of the service knows of it.
struct Manifest: Codable {
    var name: String
    var task: ModelOutput.Kind
    var description: String?
    var load: Load?
    var inputs: [Input]
    var outputs: Outputs
    var defaultVersion: String
    /// Seconds that one run may take.
    var timeout: Double?
    var example: JSONValue?
    var versions: [Version]

    /// When a worker loads the model.
    enum Load: String, Codable {
        /// At its start.
        case start
    }

    struct Input: Codable {
        var name: String
        var type: ModelInput.Kind
        var tensor: String
        var column: Int
        var min: Double?
        var max: Double?
        var minLength: Int?
        var maxLength: Int?
        var unit: String?
        var description: String?
        var aliases: [String]?
        var missingTokens: [String]?
        var missing: JSONValue?
    }

    struct Outputs: Codable {
        var labels: [String]?
        var probabilities: String?
        var scores: String?
        var value: String?
        var values: String?
        var width: Int?
        var positiveLabel: String?
        var threshold: Double?
    }

    struct Version: Codable {
        var version: String
        var state: State
        var files: [String: File]
        /// What goes in, and what comes out, of this version alone; nil for what the model has.
        var inputs: [Input]?
        var outputs: Outputs?
        var measures: [String: Double]?
        var trainedAt: String?
        var data: JSONValue?
        /// Nil for a model of one text that came without them.
        var golden: Golden?
    }

    /// Where a version stands in its life.
    enum State: String, Codable {
        case active
        case staging
        case deprecated
    }

    struct File: Codable {
        var sha256: String
        var bytes: Int
    }

    struct Golden: Codable {
        var tolerance: Double
        var rows: [GoldenRow]
    }

    struct GoldenRow: Codable {
        var input: JSONValue
        var prediction: JSONValue
        var probabilities: [Double]?
        var scores: [Double]?
    }
}

extension Manifest {
    /// - Throws: ``CatalogError/invalid(model:reason:)`` naming the place in the file.
    init(_ bytes: [UInt8], model: String) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            self = try decoder.decode(Manifest.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw CatalogError.invalid(model: model, reason: Self.words(for: error))
        }
    }

    /// The manifest as it is written into a file, for people too.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    private static func words(for error: DecodingError) -> String {
        let (context, problem) =
            switch error {
            case .keyNotFound(let key, let context): (context, "`\(snake(key.stringValue))` is missing")
            case .typeMismatch(_, let context): (context, "the value has the wrong type")
            case .valueNotFound(_, let context): (context, "a value is missing")
            case .dataCorrupted(let context): (context, "the value cannot be read")
            @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "it cannot be read")
            }
        let pointer = context.codingPath.map { "/" + ($0.intValue.map(String.init) ?? snake($0.stringValue)) }.joined()
        return "at `\(pointer.isEmpty ? "/" : pointer)` \(problem)"
    }

    private static func snake(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}
