import TestSupport

@testable import Inference

/// Writes graphs of any nodes, such as no converter would; the numbers of the fields are those of
/// <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
struct GraphDraft {
    private var graph: [UInt8] = []
    private(set) var tail: [UInt8] = []

    var file: [UInt8] { OnnxFile.field(7, graph) + tail }

    mutating func node(
        _ kind: String, domain: String = "", from inputs: [String], to outputs: [String], texts: [String: String] = [:],
        integers: [String: Int] = [:], lists: [String: [String]] = [:], floats: [String: [Float]] = [:]
    ) {
        var node = inputs.flatMap { OnnxFile.field(1, $0) } + outputs.flatMap { OnnxFile.field(2, $0) }
        node += OnnxFile.field(4, kind) + OnnxFile.field(7, domain)
        for (name, text) in texts { node += attribute(name, OnnxFile.field(4, text)) }
        for (name, number) in integers { node += attribute(name, OnnxFile.field(3, number)) }
        for (name, list) in lists { node += attribute(name, list.flatMap { OnnxFile.field(9, $0) }) }
        for (name, list) in floats { node += attribute(name, OnnxFile.field(7, Self.bytes(of: list))) }
        graph += OnnxFile.field(1, node)
    }

    mutating func constant(_ name: String, _ numbers: [Int]) {
        let tensor = OnnxFile.field(2, 7) + numbers.flatMap { OnnxFile.field(7, $0) } + OnnxFile.field(8, name)
        graph += OnnxFile.field(5, tensor)
    }

    mutating func constant(_ name: String, _ texts: [String]) {
        let tensor = OnnxFile.field(2, 8) + texts.flatMap { OnnxFile.field(6, $0) } + OnnxFile.field(8, name)
        graph += OnnxFile.field(5, tensor)
    }

    private func attribute(_ name: String, _ value: [UInt8]) -> [UInt8] {
        OnnxFile.field(5, OnnxFile.field(1, name) + value)
    }

    private static func bytes(of floats: [Float]) -> [UInt8] {
        floats.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32(8 * $0)) } }
    }

    /// A file with something behind the last field of some of its nodes; the last field of a number counts.
    ///
    /// - Parameter tail: what comes behind a node, by its operator.
    static func changing(_ file: [UInt8], tail: (String) -> [UInt8]) throws -> [UInt8] {
        try rewriting(7, file.indices, of: file) { graph in
            try rewriting(1, graph, of: file) { node in
                Array(file[node]) + tail(try OnnxGraph.name(of: node, field: 4, in: file))
            }
        }
    }

    private static func rewriting(
        _ number: Int, _ message: Range<Int>, of file: [UInt8], with bytes: (Range<Int>) throws -> [UInt8]
    ) throws -> [UInt8] {
        var reader = ProtobufReader(file, message)
        var (result, start): ([UInt8], Int) = ([], message.lowerBound)
        while let field = try reader.next() {
            if field.number == number, case .bytes(let place) = field.value {
                result += OnnxFile.field(number, try bytes(place))
            } else {
                result += file[start..<reader.position]
            }
            start = reader.position
        }
        return result
    }
}
