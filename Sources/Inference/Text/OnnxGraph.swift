/// What a file of the ONNX format says it computes: nodes, and constants by name.
///
/// Only what the fused kernel asks for is read, and only when it asks. The format:
/// <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
struct OnnxGraph {
    struct Node {
        /// Where its message stands.
        var place = 0..<0
        /// The operator's name; with its domain in front where that is not the operator of this name that the kernel knows.
        var kind = ""
        var inputs: [String] = []
        var outputs: [String] = []
        /// Where the message of each attribute stands.
        var attributes: [String: Range<Int>] = [:]
    }

    let file: [UInt8]
    private(set) var nodes: [Node] = []
    /// Where the message of each constant stands.
    private(set) var constants: [String: Range<Int>] = [:]

    /// Whether the file defines operators of its own, which may have any name.
    private(set) var definesOperators = false
    /// The node that gives a value, by the value's name.
    private var producers: [String: Int] = [:]
    /// Whether two nodes give a value of the same name.
    private(set) var isAmbiguous = false

    /// Nodes of a graph: those that the kernel knows have a dozen.
    private static let mostNodes = 10_000
    /// The domains of the operators that are not of the standard itself.
    private static let domains: [String: String] = {
        let ml = ["Normalizer", "LinearClassifier", "LinearRegressor", "ArrayFeatureExtractor", "ZipMap"]
        let known = ml.map { ($0, "ai.onnx.ml") } + [("Tokenizer", "com.microsoft")]
        return Dictionary(uniqueKeysWithValues: known)
    }()

    /// - Throws: `ProtobufReader.Malformed` when the bytes are not of that format.
    init(_ file: [UInt8]) throws {
        self.file = file
        var model = ProtobufReader(file, file.indices)
        while let field = try model.next() {
            switch field {
            case (7, .bytes(let graph)): try read(graph)
            case (25, _): definesOperators = true
            default: break
            }
        }
        for (index, node) in nodes.enumerated() {
            // An empty name is an output that is not asked for.
            for output in node.outputs where !output.isEmpty {
                if producers.updateValue(index, forKey: output) != nil { isAmbiguous = true }
            }
        }
    }

    /// The node that gives a value; nil for an input of the graph, or a constant.
    func producer(of value: String) -> Node? { producers[value].map { nodes[$0] } }

    private mutating func read(_ graph: Range<Int>) throws {
        var reader = ProtobufReader(file, graph)
        while let field = try reader.next() {
            switch field {
            case (1, .bytes(let node)):
                guard nodes.count < Self.mostNodes else { throw ProtobufReader.Malformed() }
                nodes.append(try self.node(node))
            case (5, .bytes(let tensor)): constants[try Self.name(of: tensor, field: 8, in: file)] = tensor
            default: break
            }
        }
    }

    private func node(_ message: Range<Int>) throws -> Node {
        var node = Node(place: message)
        var domain = ""
        var reader = ProtobufReader(file, message)
        while let field = try reader.next() {
            guard case .bytes(let bytes) = field.value else { continue }
            switch field.number {
            case 1: node.inputs.append(text(bytes))
            case 2: node.outputs.append(text(bytes))
            case 4: node.kind = text(bytes)
            case 5: node.attributes[try Self.name(of: bytes, field: 1, in: file)] = bytes
            case 7: domain = text(bytes)
            default: break
            }
        }
        // The standard's own domain has two names.
        if domain == "ai.onnx" { domain = "" }
        if domain != Self.domains[node.kind] ?? "" { node.kind = "\(domain).\(node.kind)" }
        return node
    }

    /// The text of one field of a message; empty for none.
    static func name(of message: Range<Int>, field number: Int, in file: [UInt8]) throws -> String {
        var reader = ProtobufReader(file, message)
        while let field = try reader.next() {
            if field.number == number, case .bytes(let bytes) = field.value {
                return String(decoding: file[bytes], as: UTF8.self)
            }
        }
        return ""
    }

    private func text(_ bytes: Range<Int>) -> String { String(decoding: file[bytes], as: UTF8.self) }
}

/// The values of attributes and constants.
extension OnnxGraph {
    func text(_ name: String, of node: Node) throws -> String? {
        try bytes(4, in: node.attributes[name]).first.map(text)
    }

    func integer(_ name: String, of node: Node) throws -> Int? {
        guard let message = node.attributes[name] else { return nil }
        var reader = ProtobufReader(file, message)
        while let field = try reader.next() {
            if case (3, .number(let number)) = field { return Int(Int64(bitPattern: number)) }
        }
        return nil
    }

    func integers(_ name: String, of node: Node) throws -> [Int] {
        try numbers(8, in: node.attributes[name]).map { Int(Int64(bitPattern: $0)) }
    }

    func floats(_ name: String, of node: Node) throws -> [Float] { try floats(7, in: node.attributes[name]) }

    /// Where each text of a list stands in the file.
    func texts(_ name: String, of node: Node) throws -> [Range<Int>] { try bytes(9, in: node.attributes[name]) }

    /// The values of a constant of 32-bit floats; nil when it is none.
    func constant(_ name: String) throws -> [Float]? {
        guard let message = constants[name] else { return nil }
        let isFloat = try numbers(2, in: message) == [1]
        let isElsewhere = try numbers(14, in: message).contains(1)
        guard isFloat, !isElsewhere else { return nil }
        if let raw = try bytes(9, in: message).first { return try packedFloats(raw) }
        return try floats(4, in: message)
    }

    /// The values of a constant of whole numbers of 64 or 32 bits; empty when it is none.
    func integers(_ name: String) throws -> [Int] {
        guard let message = constants[name], let type = try numbers(2, in: message).first, type == 6 || type == 7 else {
            return []
        }
        guard let raw = try bytes(9, in: message).first else {
            // A negative number of 32 bits is written with 64 too.
            return try numbers(type == 6 ? 5 : 7, in: message).map { Int(Int64(bitPattern: $0)) }
        }
        var reader = ProtobufReader(file, raw)
        var found: [Int] = []
        while !reader.isAtEnd {
            let bits = try reader.fixed(type == 6 ? 4 : 8)
            found.append(type == 6 ? Int(Int32(truncatingIfNeeded: bits)) : Int(Int64(bitPattern: bits)))
        }
        return found
    }

    /// Where each text of a constant stands in the file; empty when it is none of texts.
    func texts(_ name: String) throws -> [Range<Int>] {
        guard let message = constants[name], try numbers(2, in: message) == [8] else { return [] }
        return try bytes(6, in: message)
    }

    private func bytes(_ number: Int, in message: Range<Int>?) throws -> [Range<Int>] {
        guard let message else { return [] }
        var found: [Range<Int>] = []
        var reader = ProtobufReader(file, message)
        while let field = try reader.next() {
            if field.number == number, case .bytes(let bytes) = field.value { found.append(bytes) }
        }
        return found
    }

    /// Whole numbers, packed or one by one.
    private func numbers(_ number: Int, in message: Range<Int>?) throws -> [UInt64] {
        guard let message else { return [] }
        var found: [UInt64] = []
        var reader = ProtobufReader(file, message)
        while let field = try reader.next() {
            guard field.number == number else { continue }
            switch field.value {
            case .number(let value): found.append(value)
            case .bytes(let bytes):
                var packed = ProtobufReader(file, bytes)
                while !packed.isAtEnd { found.append(try packed.varint()) }
            case .word: throw ProtobufReader.Malformed()
            }
        }
        return found
    }

    private func floats(_ number: Int, in message: Range<Int>?) throws -> [Float] {
        guard let message else { return [] }
        var found: [Float] = []
        var reader = ProtobufReader(file, message)
        while let field = try reader.next() {
            guard field.number == number else { continue }
            switch field.value {
            case .word(let bits): found.append(Float(bitPattern: bits))
            case .bytes(let bytes): found += try packedFloats(bytes)
            case .number: throw ProtobufReader.Malformed()
            }
        }
        return found
    }

    private func packedFloats(_ bytes: Range<Int>) throws -> [Float] {
        guard bytes.count % 4 == 0 else { throw ProtobufReader.Malformed() }
        return file.withUnsafeBytes { file in
            stride(from: bytes.lowerBound, to: bytes.upperBound, by: 4).map {
                Float(bitPattern: UInt32(littleEndian: file.loadUnaligned(fromByteOffset: $0, as: UInt32.self)))
            }
        }
    }
}
