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

    /// The serial number of the row in which an input was last seen: nothing to clear between rows.
    private var seen: [Int] = []
    private var serial = 0

    mutating func prepare(inputs: Int, numbers: Int) {
        self.numbers = Array(repeating: 0, count: numbers)
        seen = Array(repeating: 0, count: inputs)
    }

    mutating func begin(line: Int?) {
        serial += 1
        filledCount = 0
        self.line = line
        if fault != nil { fault = nil }
        if !id.isEmpty { id.removeAll(keepingCapacity: true) }
        pointers = .named
    }

    func has(_ input: Int) -> Bool { seen[input] == serial }

    mutating func mark(_ input: Int) {
        seen[input] = serial
        filledCount += 1
    }

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
