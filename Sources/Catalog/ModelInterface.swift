package import Core
internal import Digest
internal import Foundation

/// What goes into one version of a model, and what comes out: all of the manifest that changes an answer.
///
/// Comes from: the manifest. Goes to: the scanner, the tensors, and the version's identity.
package struct ModelInterface: Sendable {
    package let signature: Signature
    /// The units and meanings of the inputs, in the signature's order.
    package let notes: [Note]
    /// The inputs' places in the model's tensors, in the signature's order.
    package let layout: [TensorPlace]
    package let output: ModelOutput
    /// The name of the tensor that holds the answers.
    package let outputTensor: String

    /// What the manifest says of an input for people.
    package struct Note: Sendable {
        package let unit: String?
        package let description: String?
    }

    /// Where the values of an input go: a column of a tensor of rows × columns.
    package struct TensorPlace: Sendable, Equatable {
        package let tensor: String
        package let column: Int
    }

    /// The digest that names a version with these inputs and outputs: of its files, and of whatever else changes an answer.
    ///
    /// What is for people, or bounds what callers may send, is left out: aliases, descriptions, bounds, missing tokens,
    /// examples and golden rows may be edited without a new version.
    ///
    /// - Parameter files: the SHA-256 of each file, by its name.
    func digest(files: [String: String]) throws -> String {
        // Encoded as a whole, so that whatever is added to an output is part of what names it.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let output = String(decoding: try encoder.encode(output), as: UTF8.self)
        return SHA256.hex(of: JSONWriter.write { write(files, output, to: &$0) })
    }

    private func write(_ files: [String: String], _ output: String, to json: inout JSONWriter) {
        json.object { json in
            json.key("files")
            json.object { json in
                for (name, digest) in files.sorted(by: { $0.key < $1.key }) {
                    json.key(escaping: name)
                    json.value(digest)
                }
            }
            json.key("inputs")
            json.array { json in
                for (input, place) in zip(signature.inputs, layout) { write(input, place, to: &json) }
            }
            json.member("output_tensor", outputTensor)
            json.key("output")
            json.raw(output)
        }
    }

    private func write(_ input: ModelInput, _ place: TensorPlace, to json: inout JSONWriter) {
        json.object { json in
            json.member("name", input.name)
            json.member("kind", input.kind.rawValue)
            json.member("tensor", place.tensor)
            json.member("column", place.column)
            json.key("missing")
            switch input.missing {
            case .error: json.null()
            case .notANumber: json.object { $0.member("nan", true) }
            case .number(let number): json.value(number)
            case .text(let text): json.value(text)
            }
        }
    }
}
