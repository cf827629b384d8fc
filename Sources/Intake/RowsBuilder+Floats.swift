import Core

/// Records of numbers, which most large tables are full of: all cells of one are read in one go.
///
/// A call a cell, and each array asked for its owner, took as long as the digits themselves.
extension RowsBuilder {
    /// Takes those cells of a record that are numbers as most are written, and leaves the others.
    ///
    /// A cell with a fault is always left: whoever sets those in order finds the first fault first.
    ///
    /// - Parameters:
    ///   - targets: the input of each field; a negative one for none.
    ///   - left: the columns that are to be set one by one.
    mutating func setFloats(
        _ fields: [CSVRecord.Field], targets: [Int], in bytes: UnsafeRawBufferPointer, left: inout [Int]
    ) {
        left.removeAll(keepingCapacity: true)
        let seen = row.withNumbers { numbers in
            slots.withUnsafeBufferPointer { slots in
                fields.withUnsafeBufferPointer { fields in
                    Self.setFloats(fields, targets, slots, bytes, &numbers, &left)
                }
            }
        }
        row.mark(all: seen)
    }

    /// - Returns: a bit for each input that has its value.
    @inline(__always)
    private static func setFloats(
        _ fields: UnsafeBufferPointer<CSVRecord.Field>, _ targets: [Int], _ slots: UnsafeBufferPointer<InputSlot>,
        _ bytes: UnsafeRawBufferPointer, _ numbers: inout UnsafeMutableBufferPointer<UInt64>, _ left: inout [Int]
    ) -> UInt64 {
        var seen: UInt64 = 0
        targets.withUnsafeBufferPointer { targets in
            for column in 0..<min(targets.count, fields.count) where targets[column] >= 0 {
                let input = targets[column]
                if input < 64, let bits = float(fields[column], slots[input], bytes) {
                    numbers[slots[input].place] = bits
                    seen |= 1 &<< UInt64(input)
                } else {
                    left.append(column)
                }
            }
        }
        return seen
    }

    /// The bits of a cell's number; nil for whatever asks for a second look.
    @inline(__always)
    private static func float(
        _ field: CSVRecord.Field, _ slot: InputSlot, _ bytes: UnsafeRawBufferPointer
    ) -> UInt64? {
        guard slot.isPlainFloat, !field.hasDoubledQuotes else { return nil }
        let cell = UnsafeRawBufferPointer(rebasing: bytes[field.start..<field.end])
        guard let number = ScannedNumber.plain(cell) else { return nil }
        let reading = number.reading(of: cell, minimum: slot.minimum, maximum: slot.maximum)
        guard reading.double >= slot.minimum, reading.double <= slot.maximum, reading.float.isFinite else { return nil }
        return UInt64(reading.float.bitPattern)
    }
}
