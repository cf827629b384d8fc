import Core

/// The row that is being scanned: its numbers wait here until the whole row is known to be good.
struct RowInProgress: Sendable {
    /// The bit patterns of the row's numbers, in the order of the slots.
    private(set) var numbers: [UInt64] = []
    private(set) var filledCount = 0
    private(set) var line: Int?
    /// The caller's own id; empty when there is none.
    var id: [UInt8] = []
    var fault: RowFault?
    /// How a pointer names a value of this row.
    var pointers = ValuePointer.named

    /// A bit for each of the first 64 inputs that has its value: most models have no more, and a word is no array.
    private var seen: UInt64 = 0
    /// Likewise for the inputs after those.
    private var seenBeyond: [Bool] = []

    mutating func prepare(inputs: Int, numbers: Int) {
        self.numbers = Array(repeating: 0, count: numbers)
        seenBeyond = Array(repeating: false, count: max(inputs - 64, 0))
    }

    mutating func begin(line: Int?) {
        (seen, filledCount) = (0, 0)
        for input in seenBeyond.indices { seenBeyond[input] = false }
        self.line = line
        if fault != nil { fault = nil }
        if !id.isEmpty { id.removeAll(keepingCapacity: true) }
        pointers = .named
    }

    func has(_ input: Int) -> Bool { input < 64 ? seen >> UInt64(input) & 1 == 1 : seenBeyond[input - 64] }

    @inline(__always)
    mutating func mark(_ input: Int) {
        if input < 64 { seen |= 1 &<< UInt64(input) } else { markBeyond(input) }
        filledCount &+= 1
    }

    /// Notes that several of the first 64 inputs, of which none had its value, have theirs.
    @inline(__always)
    mutating func mark(all inputs: UInt64) {
        seen |= inputs
        filledCount &+= inputs.nonzeroBitCount
    }

    /// Hands out the numbers to be set by place.
    @inline(__always)
    mutating func withNumbers<Answer>(_ body: (inout UnsafeMutableBufferPointer<UInt64>) -> Answer) -> Answer {
        numbers.withUnsafeMutableBufferPointer(body)
    }

    @inline(never)
    private mutating func markBeyond(_ input: Int) { seenBeyond[input - 64] = true }

    @inline(__always)
    mutating func set(_ bits: UInt64, at place: Int) { numbers[place] = bits }
}

/// How a JSON pointer names a value within its row.
enum ValuePointer: Sendable {
    /// By the input's name: the row is an object, or a record of a table.
    case named
    /// By its position: the row is an array.
    case positional
    /// Not at all: the row is the value.
    case bare

    /// Escapes a name as RFC 6901 asks: `~` and `/` are its only special characters.
    static func escape(_ name: String) -> String {
        guard name.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return name }
        return name.reduce(into: "") { $0 += $1 == "~" ? "~0" : $1 == "/" ? "~1" : String($1) }
    }
}
