internal import Glibc

/// Gives a text model a locale that this machine has.
///
/// ONNX Runtime makes small letters by a locale of the C library, `en_US.UTF-8` unless the model names another, and does not
/// load a model whose locale is not installed, which that one is not on servers and in containers. glibc's own `C.UTF-8`
/// is always there and has the same letters as every English locale of UTF-8
/// (<https://sourceware.org/glibc/wiki/Proposals/C.UTF-8>).
enum ModelLocale {
    /// The library's own choice, which scikit-learn's converter leaves to it.
    private static let usual = "en_US.UTF-8"
    private static let present = "C.UTF-8"

    /// The bytes of a model that the library can load; those that were given unless they ask for a missing English locale.
    ///
    /// - Parameter file: its digest was checked before; what is on disk stays as it is.
    static func suited(_ file: [UInt8]) -> [UInt8] {
        do {
            let graph = try OnnxGraph(file)
            let nodes = try graph.nodes.filter {
                try $0.kind == "StringNormalizer" && isMissing(graph.text("locale", of: $0) ?? usual)
            }
            return nodes.isEmpty ? file : try changed(file, Set(nodes.map(\.place)))
        } catch {
            // The library refuses it in words.
            return file
        }
    }

    private static func isMissing(_ name: String) -> Bool {
        guard name.hasPrefix("en_"), name.hasSuffix(".UTF-8") || name.hasSuffix(".utf8") else { return false }
        guard let locale = newlocale(1 << LC_CTYPE, name, nil) else { return true }
        freelocale(locale)
        return false
    }

    /// The file with another locale in some of its nodes; the numbers of the fields are those of
    /// <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
    private static func changed(_ file: [UInt8], _ nodes: Set<Range<Int>>) throws -> [UInt8] {
        try replacing(7, in: file.indices, of: file) { graph in
            try replacing(1, in: graph, of: file) { node in
                guard nodes.contains(node) else { return Array(file[node]) }
                let others = try replacing(5, in: node, of: file) {
                    try OnnxGraph.name(of: $0, field: 1, in: file) == "locale" ? nil : Array(file[$0])
                }
                let locale = field(1, Array("locale".utf8)) + field(4, Array(present.utf8)) + [0xA0, 1, 3]
                return others + field(5, locale)
            }
        }
    }

    /// A message of which each field of a number has other bytes; nil takes the field out.
    private static func replacing(
        _ number: UInt8, in message: Range<Int>, of file: [UInt8], with bytes: (Range<Int>) throws -> [UInt8]?
    ) throws -> [UInt8] {
        var reader = ProtobufReader(file, message)
        var (result, start): ([UInt8], Int) = ([], message.lowerBound)
        while let found = try reader.next() {
            if found.number == Int(number), case .bytes(let place) = found.value {
                if let bytes = try bytes(place) { result += field(number, bytes) }
            } else {
                result += file[start..<reader.position]
            }
            start = reader.position
        }
        return result
    }

    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var (head, rest) = ([number << 3 | 2], bytes.count)
        while rest > 0x7F {
            head.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return head + [UInt8(rest)] + bytes
    }
}
