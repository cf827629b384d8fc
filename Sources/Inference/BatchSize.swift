internal import Core

/// How many rows a graph takes in one run: the first dimension of its tensors.
enum BatchSize: Equatable, Sendable {
    case any
    /// Exactly so many, as some converters write it; what is missing in the last run is filled up.
    case fixed(Int)

    /// The graph's sizes contradict each other, or are of no use.
    struct Refused: Error {
        let reason: String
    }

    /// What makes a graph take any number of rows.
    static let remedy =
        "export it with a number of rows that is not fixed (None in `initial_types`, `dynamic_axes` or `dynamic_shapes`)"

    /// Judges all inputs, and the output that is read: other outputs, such as a list of labels, need not have a row for
    /// each row.
    ///
    /// - Throws: ``Refused``.
    init(of session: Session, reading output: String) throws {
        // An output of one dimension may hold the values of one row.
        let read = session.outputs.filter { $0.name == output && $0.dimensions.count > 1 }
        let sizes = Set((session.inputs + read).compactMap(\.dimensions.first).filter { $0 >= 0 })
        guard let size = sizes.first else {
            self = .any
            return
        }
        guard sizes.count == 1 else {
            let list = sizes.sorted().map(String.init).joined(separator: " and ")
            throw Refused(
                reason: "its inputs and outputs have different fixed numbers of rows, \(list); \(Self.remedy)")
        }
        guard (1...Limits.fixedBatchRows).contains(size) else {
            throw Refused(
                reason:
                    "its batch size is fixed at \(size), and only 1 to \(Limits.fixedBatchRows) are supported; "
                    + Self.remedy)
        }
        self = .fixed(size)
    }

    /// Rows of a run of which the caller would like so many.
    func rows(of wish: Int) -> Int {
        if case .fixed(let rows) = self { rows } else { wish }
    }

    /// What an operator should know; nil for a graph that takes any number of rows.
    var warning: String? {
        switch self {
        case .any: nil
        case .fixed(1): "it takes one row at a time, which is slow in bulk; \(Self.remedy)"
        case .fixed(let rows):
            "it takes exactly \(rows) rows at a time, so that one row costs as much as \(rows); \(Self.remedy)"
        }
    }
}
