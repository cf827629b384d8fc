/// Rows in typed columns, checked against a model's signature: what a task carries from its caller to inference.
///
/// Rows that failed the check hold a place in ``count`` but have no values: every column is as long as
/// the number of rows without a fault, in row order.
///
/// Comes from: the scanner. Goes to: a chunk's payload, then tensors.
package struct Rows: Sendable, Equatable {
    /// The number of rows, faulty ones included.
    package var count: Int
    /// One column for each input of the signature, in its order.
    package var columns: [Column]
    /// The rows that failed the check, ascending by row.
    package var faults: [RowFault]
    /// The caller's own id of each row, faulty ones included (empty where there was none); nil when no row has one.
    package var ids: TextColumn?

    package init(count: Int, columns: [Column], faults: [RowFault] = [], ids: TextColumn? = nil) {
        self.count = count
        self.columns = columns
        self.faults = faults
        self.ids = ids
    }

    /// The number of rows that have values.
    package var validCount: Int { count - faults.count }
}

/// The values of one input, one for each row without a fault.
package enum Column: Sendable, Equatable {
    case float([Float])
    case double([Double])
    /// Whole numbers; a `bool` input is held here too, as 0 or 1.
    case int([Int64])
    case text(TextColumn)

    /// The number of values.
    package var count: Int {
        switch self {
        case .float(let values): values.count
        case .double(let values): values.count
        case .int(let values): values.count
        case .text(let values): values.count
        }
    }
}

/// Texts end to end in one buffer: no allocation per text.
package struct TextColumn: Sendable, Equatable {
    /// The UTF-8 of all texts.
    package var bytes: [UInt8]
    /// Where each text ends in ``bytes``; it starts where the one before it ends.
    package var ends: [UInt32]

    package init(bytes: [UInt8] = [], ends: [UInt32] = []) {
        self.bytes = bytes
        self.ends = ends
    }

    package init(_ texts: some Sequence<String>) {
        self.init()
        for text in texts { append(text.utf8) }
    }

    package var count: Int { ends.count }

    /// Where a text's bytes are.
    package func range(at index: Int) -> Range<Int> {
        (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
    }

    package subscript(index: Int) -> String {
        String(decoding: bytes[range(at: index)], as: UTF8.self)
    }

    /// Appends a text that is already known to be valid UTF-8.
    package mutating func append(_ text: some Sequence<UInt8>) {
        bytes.append(contentsOf: text)
        ends.append(UInt32(bytes.count))
    }
}

/// Says why one row failed, without repeating any of its content.
package struct RowFault: Sendable, Equatable, Codable {
    /// The row, counted from 0 within the rows that hold the fault.
    package var row: Int
    /// The line of the input, counted from 1, on which the row begins; nil where lines mean nothing.
    package var line: Int?
    /// A JSON pointer to the value within the row, such as `/text`; empty for the row as a whole.
    package var pointer: String
    package var code: ErrorCode
    package var message: String

    package init(row: Int, line: Int? = nil, pointer: String = "", code: ErrorCode, message: String) {
        self.row = row
        self.line = line
        self.pointer = pointer
        self.code = code
        self.message = message
    }
}
