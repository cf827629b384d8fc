/// Where each sign of a cell first and last occurs, so that a sign's counterpart is found without another scan.
///
/// A scan per sign would cost the square of the cell's size, and a cell may have a megabyte.
struct SignPlaces {
    /// By byte; the cell's size where the byte does not occur.
    private var first: [Int]
    /// By byte; -1 where the byte does not occur.
    private var last = [Int](repeating: -1, count: 256)

    init(_ cell: UnsafeRawBufferPointer) {
        first = Array(repeating: cell.count, count: 256)
        for (position, byte) in cell.enumerated() where !WesternLetters.isLetter(byte) {
            last[Int(byte)] = position
            if first[Int(byte)] > position { first[Int(byte)] = position }
        }
    }

    /// Whether one of some signs, which are no letters, occurs before a position, and after it.
    func has(_ signs: [UInt8], around position: Int) -> (before: Bool, after: Bool) {
        (signs.contains { first[Int($0)] < position }, signs.contains { last[Int($0)] > position })
    }
}
