extension Rows {
    /// Some of the rows, in their order.
    ///
    /// - Parameter chosen: rows of these, ascending.
    package func selecting(_ chosen: [Int]) -> Rows {
        var (values, faulty): ([Int], [RowFault]) = ([], [])
        var fault = 0
        for (place, row) in chosen.enumerated() {
            while fault < faults.count, faults[fault].row < row { fault += 1 }
            if fault < faults.count, faults[fault].row == row {
                var moved = faults[fault]
                moved.row = place
                faulty.append(moved)
            } else {
                values.append(row - fault)
            }
        }
        return Rows(
            count: chosen.count, columns: columns.map { $0.selecting(values) }, faults: faulty,
            ids: ids?.selecting(chosen))
    }

    /// The first rows without a fault, at most so many.
    package func firstValid(_ limit: Int) -> Rows {
        let faulty = Set(faults.map(\.row))
        return selecting(Array((0..<count).lazy.filter { !faulty.contains($0) }.prefix(limit)))
    }
}

extension Column {
    fileprivate func selecting(_ indices: [Int]) -> Column {
        switch self {
        case .float(let values): .float(indices.map { values[$0] })
        case .double(let values): .double(indices.map { values[$0] })
        case .int(let values): .int(indices.map { values[$0] })
        case .text(let texts): .text(texts.selecting(indices))
        }
    }
}

extension TextColumn {
    fileprivate func selecting(_ indices: [Int]) -> TextColumn {
        indices.reduce(into: TextColumn()) { chosen, index in chosen.append(bytes[range(at: index)]) }
    }
}
