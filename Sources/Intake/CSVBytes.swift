/// The bytes that mean something in a table, besides its delimiter.
enum CSVBytes {
    static let quote = UInt8(ascii: "\"")
    static let newline = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")

    /// Finds where the next line begins, behind a line end that begins at a position.
    ///
    /// A line ends with LF, CR LF or a CR alone (old Macs), and with CR CR LF: Python's `csv` module writes CR LF, of which
    /// a text file on Windows makes CR CR LF.
    ///
    /// - Parameter isWhole: whether the input ends at `end`.
    /// - Returns: nil when only the bytes behind `end` can tell.
    static func lineStart(
        behind position: Int, in bytes: UnsafeRawBufferPointer, to end: Int, isWhole: Bool
    ) -> Int? {
        let next = position &+ 1
        if bytes[position] == newline { return next }
        guard next < end else { return isWhole ? next : nil }
        if bytes[next] == newline { return next &+ 1 }
        guard bytes[next] == carriageReturn else { return next }
        guard next &+ 1 < end else { return isWhole ? next : nil }
        return bytes[next &+ 1] == newline ? next &+ 2 : next
    }

    /// Counts the line ends before a position at which a line begins.
    static func lineEnds(in bytes: UnsafeRawBufferPointer, to end: Int) -> Int {
        var (count, position) = (0, 0)
        while position < end {
            position = ByteSearch.first(of: newline, or: carriageReturn, in: bytes, from: position, to: end)
            guard position < end, let next = lineStart(behind: position, in: bytes, to: end, isWhole: true) else {
                break
            }
            (count, position) = (count + 1, next)
        }
        return count
    }
}
