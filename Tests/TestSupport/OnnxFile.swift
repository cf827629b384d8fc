/// Writes the smallest ONNX models that tests need: one operation from `x`, or several inputs, to `y`.
///
/// The numbers of the fields are those of <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.
package struct OnnxFile: Sendable {
    /// An element type, by its number in TensorProto.
    package enum Element: Int, Sendable {
        case float = 1
        case int64 = 7
        case string = 8
        case bool = 9
        case double = 11
    }

    /// An attribute of the operation.
    package enum Attribute: Sendable {
        case integer(String, Int)
        case integers(String, [Int])
        case text(String, String)
    }

    package var operation: String
    package var attributes: [Attribute] = []
    package var from = Element.float
    package var to = Element.float
    /// The columns that each input is declared to have.
    package var columns = 1
    package var inputs = ["x"]
    /// The rows that inputs and `y` are declared to have; nil for any number.
    package var rows: Int?
    package var answerRows: Int?
    /// Whether `y` is declared to be rows × width.
    package var hasAnswerShape = true

    package init(
        operation: String, attributes: [Attribute] = [], from: Element = .float, to: Element = .float,
        columns: Int = 1, inputs: [String] = ["x"], rows: Int? = nil, answerRows: Int? = nil,
        hasAnswerShape: Bool = true
    ) {
        self.operation = operation
        self.attributes = attributes
        self.from = from
        self.to = to
        self.columns = columns
        self.inputs = inputs
        (self.rows, self.answerRows, self.hasAnswerShape) = (rows, answerRows, hasAnswerShape)
    }

    package var bytes: [UInt8] {
        let node =
            inputs.flatMap { Self.field(1, $0) } + Self.field(2, "y") + Self.field(4, operation)
            + attributes.flatMap { Self.field(5, Self.bytes(of: $0)) }
        let graph =
            Self.field(1, node) + Self.field(2, "graph") + inputs.flatMap { Self.field(11, value($0, from)) }
            + Self.field(12, value("y", to))
        // Version 11 still gives the axes of a reduction as an attribute.
        let operators = Self.field(1, "") + Self.field(2, 11)
        return Self.field(1, 6) + Self.field(7, graph) + Self.field(8, operators)
    }

    private func value(_ name: String, _ element: Element) -> [UInt8] {
        let fixed = name == "y" ? answerRows : rows
        let rows = Self.field(1, fixed.map { Self.field(1, $0) } ?? Self.field(2, "rows"))
        let width = name == "y" ? Self.field(1, Self.field(2, "width")) : Self.field(1, Self.field(1, columns))
        let hasShape = name != "y" || hasAnswerShape
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

    /// A field of a message, by its number.
    package static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    /// A field of a message, by its number.
    package static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        variable(number << 3 | 2) + variable(bytes.count) + bytes
    }

    /// A field of a message, by its number.
    package static func field(_ number: Int, _ value: Int) -> [UInt8] { variable(number << 3) + variable(value) }

    private static func variable(_ value: Int) -> [UInt8] {
        var (rest, bytes) = (UInt64(bitPattern: Int64(value)), [UInt8]())
        while rest > 0x7F {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
