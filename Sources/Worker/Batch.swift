internal import Core
internal import Store

/// The rows of several chunks as one: what a single run of a model takes.
struct Batch {
    /// All rows, chunk after chunk.
    let rows: Rows
    /// Rows of each chunk.
    private let counts: [Int]

    /// - Parameter chunks: rows of one model's signature, at least one chunk.
    /// - Throws: ``StoreError/corruptBlob`` for rows of different columns: one of the chunks is not the model's, and runs alone
    ///   will tell which.
    init(_ chunks: [Rows]) throws {
        for chunk in chunks where !chunk.columns.elementsEqual(chunks[0].columns, by: { $0.isLike($1) }) {
            throw StoreError.corruptBlob
        }
        counts = chunks.map(\.count)
        rows = chunks.count == 1 ? chunks[0] : Self.joined(chunks)
    }

    /// Cuts the predictions for the whole batch into those of each chunk.
    func split(_ predictions: Predictions) -> [Predictions] {
        if counts.count == 1 { return [predictions] }
        var firstRow = 0
        var value = 0
        var fault = 0
        return counts.map { count in
            var faults: [RowFault] = []
            while fault < predictions.faults.count, predictions.faults[fault].row < firstRow + count {
                var moved = predictions.faults[fault]
                moved.row -= firstRow
                faults.append(moved)
                fault += 1
            }
            let values = predictions.values[value..<value + (count - faults.count) * predictions.width]
            defer {
                firstRow += count
                value = values.endIndex
            }
            return Predictions(
                count: count, width: predictions.width, values: Array(values), precision: predictions.precision,
                faults: faults,
                ids: predictions.ids?.texts(firstRow..<firstRow + count))
        }
    }

    private static func joined(_ chunks: [Rows]) -> Rows {
        var joined = Rows(count: 0, columns: chunks[0].columns)
        for index in joined.columns.indices {
            joined.columns[index] = .joined(chunks.map { $0.columns[index] })
        }
        if chunks.contains(where: { $0.ids != nil }) { joined.ids = TextColumn() }
        for chunk in chunks {
            for var fault in chunk.faults {
                fault.row += joined.count
                joined.faults.append(fault)
            }
            joined.ids?.append(chunk.ids ?? TextColumn(repeatElement("", count: chunk.count)))
            joined.count += chunk.count
        }
        return joined
    }
}

extension Column {
    fileprivate func isLike(_ other: Column) -> Bool {
        switch (self, other) {
        case (.float, .float), (.double, .double), (.int, .int), (.text, .text): true
        default: false
        }
    }

    /// Columns of one type, end to end.
    fileprivate static func joined(_ columns: [Column]) -> Column {
        switch columns[0] {
        case .float:
            .float(columns.flatMap { if case .float(let values) = $0 { values } else { [Float]() } })
        case .double:
            .double(columns.flatMap { if case .double(let values) = $0 { values } else { [Double]() } })
        case .int:
            .int(columns.flatMap { if case .int(let values) = $0 { values } else { [Int64]() } })
        case .text:
            .text(
                columns.reduce(into: TextColumn()) { joined, column in
                    if case .text(let texts) = column { joined.append(texts) }
                })
        }
    }
}

extension TextColumn {
    fileprivate mutating func append(_ other: TextColumn) {
        let offset = UInt32(bytes.count)
        bytes.append(contentsOf: other.bytes)
        ends.append(contentsOf: other.ends.map { $0 + offset })
    }

    fileprivate func texts(_ indices: Range<Int>) -> TextColumn {
        if indices.isEmpty { return TextColumn() }
        let start = range(at: indices.lowerBound).lowerBound
        let end = range(at: indices.upperBound - 1).upperBound
        return TextColumn(bytes: Array(bytes[start..<end]), ends: ends[indices].map { $0 - UInt32(start) })
    }
}
