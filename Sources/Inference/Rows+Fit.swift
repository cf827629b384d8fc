internal import Core

extension Rows {
    /// Whether there is a column of the right kind and length for each input.
    ///
    /// Rows were checked when they came, but against the manifest of that day: an edited one must not end the worker.
    func fit(_ signature: Signature) -> Bool {
        guard columns.count == signature.inputs.count else { return false }
        return zip(columns, signature.inputs).allSatisfy { column, input in
            guard column.count == validCount else { return false }
            return switch (column, input.kind) {
            case (.float, .float), (.double, .double), (.int, .int), (.int, .bool), (.text, .string): true
            default: false
            }
        }
    }
}
