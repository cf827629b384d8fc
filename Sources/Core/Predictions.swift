/// What a model answered for some rows, in columns.
///
/// As in ``Rows``, a failed row holds a place in ``count`` but has no values.
///
/// Comes from: inference. Goes to: a chunk's result, then the caller's JSON or CSV.
package struct Predictions: Sendable, Equatable {
    /// The number of rows, failed ones included.
    package var count: Int
    /// The number of values a row: one for each label of a classification, one for a regression.
    package var width: Int
    /// ``width`` values for each row without a fault, row after row: probabilities (0 to 1), or the output itself.
    package var values: [Double]
    /// What the model computed the values in; a value of 32 bits is held exactly, and printed with their digits.
    package var precision: Precision
    /// The rows that failed, ascending by row.
    package var faults: [RowFault]
    /// The caller's own id of each row, failed ones included; nil when no row has one.
    package var ids: TextColumn?

    package init(
        count: Int, width: Int, values: [Double], precision: Precision = .single, faults: [RowFault] = [],
        ids: TextColumn? = nil
    ) {
        self.count = count
        self.width = width
        self.values = values
        self.precision = precision
        self.faults = faults
        self.ids = ids
    }

    package var succeededCount: Int { count - faults.count }

    /// Predictions for rows that all failed for one reason.
    package static func failed(_ rows: Rows, code: ErrorCode, message: String, width: Int) -> Predictions {
        var faults = rows.faults
        let known = Set(faults.map(\.row))
        for row in 0..<rows.count where !known.contains(row) {
            faults.append(RowFault(row: row, code: code, message: message))
        }
        faults.sort { $0.row < $1.row }
        return Predictions(count: rows.count, width: width, values: [], faults: faults, ids: rows.ids)
    }

    /// Predictions of parts of some rows, end to end.
    ///
    /// - Parameter ids: those of all rows.
    package static func joined(_ parts: [Predictions], width: Int, ids: TextColumn?) -> Predictions {
        var joined = Predictions(count: 0, width: width, values: [], ids: ids)
        for part in parts {
            for var fault in part.faults {
                fault.row += joined.count
                joined.faults.append(fault)
            }
            joined.values += part.values
            // A part that failed as a whole has no values, and so no precision of its own.
            if part.precision == .double { joined.precision = .double }
            joined.count += part.count
        }
        return joined
    }
}
