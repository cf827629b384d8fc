/// Writes the smallest ONNX models that tests need: one operation from `x` to `y`.
///
/// The numbers of the fields are those of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
struct OnnxFile {
    /// An element type, by its number in TensorProto.
    enum Element: Int {
        case float = 1
        case int64 = 7
        case string = 8
        case bool = 9
        case double = 11
    }

    /// An attribute of the operation.
    enum Attribute {
        case integer(String, Int)
        case integers(String, [Int])
        case text(String, String)
    }

    var operation: String
    var attributes: [Attribute] = []
    var from = Element.float
    var to = Element.float
    /// The columns that `x` is declared to have.
    var columns = 1
    /// The rows that `x` and `y` are declared to have; nil for any number.
    var rows: Int?
    var answerRows: Int?
    /// Whether `y` is declared to be rows × width.
    var hasAnswerShape = true

    var bytes: [UInt8] {
        let node =
            Self.field(1, "x") + Self.field(2, "y") + Self.field(4, operation)
            + attributes.flatMap { Self.field(5, Self.bytes(of: $0)) }
        let graph =
            Self.field(1, node) + Self.field(2, "graph") + Self.field(11, value("x", from))
            + Self.field(12, value("y", to))
        // Version 11 still gives the axes of a reduction as an attribute.
        let operators = Self.field(1, "") + Self.field(2, 11)
        return Self.field(1, 6) + Self.field(7, graph) + Self.field(8, operators)
    }

    private func value(_ name: String, _ element: Element) -> [UInt8] {
        let fixed = name == "x" ? rows : answerRows
        let rows = Self.field(1, fixed.map { Self.field(1, $0) } ?? Self.field(2, "rows"))
        let width = name == "x" ? Self.field(1, Self.field(1, columns)) : Self.field(1, Self.field(2, "width"))
        let hasShape = name == "x" || hasAnswerShape
        let tensor = Self.field(1, element.rawValue) + (hasShape ? Self.field(2, rows + width) : [])
        return Self.field(1, name) + Self.field(2, Self.field(1, tensor))
    }

    private static func bytes(of attribute: Attribute) -> [UInt8] {
        switch attribute {
        case .integer(let name, let value): field(1, name) + field(3, value) + field(20, 2)
        case .text(let name, let value): field(1, name) + field(4, value) + field(20, 3)
        case .integers(let name, let values): field(1, name) + values.flatMap { field(8, $0) } + field(20, 7)
        }
    }

    private static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        variable(number << 3 | 2) + variable(bytes.count) + bytes
    }

    private static func field(_ number: Int, _ value: Int) -> [UInt8] { variable(number << 3) + variable(value) }

    private static func variable(_ value: Int) -> [UInt8] {
        var (rest, bytes) = (UInt64(bitPattern: Int64(value)), [UInt8]())
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
