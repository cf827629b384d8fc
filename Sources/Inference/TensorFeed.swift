internal import Catalog
internal import Core

/// How one input tensor of a model is filled from the columns of rows.
struct TensorFeed: Sendable {
    let name: String
    private let type: TensorType
    /// For each column of the tensor, the signature's input that goes there.
    private let inputs: [Int]

    /// Plans the tensors of a model, and checks that the model takes them.
    ///
    /// - Throws: ``InferenceError/modelMismatch(model:reason:)``.
    static func plan(for model: ResolvedModel, session: Session) throws -> [TensorFeed] {
        // Looked through once: a file may have a tensor for each of thousands of inputs.
        let wanted = Dictionary(grouping: model.layout.enumerated(), by: \.element.tensor)
        if let unknown = Set(wanted.keys).subtracting(session.inputs.map(\.name)).min() {
            throw mismatch(model, "it has no input `\(unknown)`")
        }
        return try session.inputs.map { info in
            guard let places = wanted[info.name] else {
                throw mismatch(model, "its input `\(info.name)` gets no value")
            }
            return try TensorFeed(info, places.map { ($0.offset, $0.element.column) }, of: model)
        }
    }

    /// - Parameter places: the signature's inputs that go into this tensor, and the column of each.
    private init(_ info: TensorInfo, _ places: [(input: Int, column: Int)], of model: ResolvedModel) throws {
        name = info.name
        let columns = places.sorted { $0.column < $1.column }
        inputs = columns.map(\.input)
        guard columns.map(\.column) == Array(0..<columns.count) else {
            throw Self.mismatch(model, "the columns of `\(info.name)` have gaps")
        }
        guard info.dimensions.count == 2, [-1, columns.count].contains(info.dimensions[1]) else {
            throw Self.mismatch(model, "`\(info.name)` is not rows × \(columns.count)")
        }
        guard let type = info.type else { throw Self.mismatch(model, "`\(info.name)` has an unknown type") }
        self.type = type
        let kinds = inputs.map { model.signature.inputs[$0].kind }
        // A fraction cut off would be answered as if it had been understood, and a large one fits no integer.
        let isSuited =
            switch type {
            case .string: kinds == [.string]
            case .int64: !kinds.contains { [.string, .float, .double].contains($0) }
            case .float, .double, .bool: !kinds.contains(.string)
            }
        guard isSuited else {
            throw Self.mismatch(model, "`\(info.name)` is of \(type.name), which its inputs are not")
        }
    }

    private static func mismatch(_ model: ResolvedModel, _ reason: String) -> InferenceError {
        .modelMismatch(model: model.model.name, reason: reason)
    }

    /// Makes the tensor for a part of the rows that have values.
    ///
    /// - Parameter count: the tensor's rows: the part's last one again and again behind the others.
    func makeTensor(
        _ rows: Rows, _ part: Range<Int>, filledUpTo count: Int, runtime: OnnxRuntime
    ) throws -> Tensor {
        switch type {
        case .string:
            guard case .text(let texts) = rows.columns[inputs[0]] else { preconditionFailure("checked when planned") }
            return try Tensor(texts: texts, rows: part, filledUpTo: count, runtime: runtime)
        case .float:
            return try numbers(rows, part, count, runtime, float: { $0 }, double: { Float($0) }, int: { Float($0) })
        case .double:
            return try numbers(rows, part, count, runtime, float: Self.asWritten, double: { $0 }, int: { Double($0) })
        case .int64:
            return try numbers(
                rows, part, count, runtime, float: { Int64(exactly: $0) ?? 0 }, double: { Int64(exactly: $0) ?? 0 },
                int: { $0 })
        case .bool:
            return try numbers(rows, part, count, runtime, float: { $0 != 0 }, double: { $0 != 0 }, int: { $0 != 0 })
        }
    }

    /// The double that is meant by a decimal which was held in 32 bits.
    ///
    /// A `float` input may feed a tensor of doubles. 0.1 in 32 bits is 0.100000001490116, on the other side of many a
    /// threshold; the shortest decimal that gives the same 32 bits is what was written, if that had up to six digits.
    private static func asWritten(_ number: Float) -> Double {
        let isWhole = number.magnitude < 0x1p24 && number == number.rounded(.towardZero)
        return isWhole || !number.isFinite ? Double(number) : Double(number.description) ?? Double(number)
    }

    /// Columns are stored one after the other, tensors row after row.
    private func numbers<Number: BitwiseCopyable>(
        _ rows: Rows, _ part: Range<Int>, _ count: Int, _ runtime: OnnxRuntime, float: (Float) -> Number,
        double: (Double) -> Number, int: (Int64) -> Number
    ) throws -> Tensor {
        let width = inputs.count
        return try Tensor(rows: count, columns: width, type: type, runtime: runtime) { target in
            for (column, input) in inputs.enumerated() {
                switch rows.columns[input] {
                case .float(let values):
                    for (index, row) in part.enumerated() { target[index * width + column] = float(values[row]) }
                case .double(let values):
                    for (index, row) in part.enumerated() { target[index * width + column] = double(values[row]) }
                case .int(let values):
                    for (index, row) in part.enumerated() { target[index * width + column] = int(values[row]) }
                case .text: preconditionFailure("checked when planned")
                }
            }
            for index in part.count * width..<count * width { target[index] = target[index - width] }
        }
    }
}
