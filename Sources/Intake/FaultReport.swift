package import Core

/// Collects the first bad rows of an input for one answer, and counts the rest.
///
/// Rows are counted from the start of the whole input and pointers lead from the document's root, such as
/// `/inputs/17/text`: chunks come and go, what a caller reads must not depend on them.
package struct FaultReport: Sendable, Equatable, Codable {
    /// The first ``Limits/reportedFaults`` bad rows, ascending by row.
    package private(set) var faults: [RowFault] = []
    /// The number of bad rows.
    package private(set) var total = 0

    package init() {}

    /// The report of an input whose first part was reported before; both number rows from the input's start.
    package func following(_ first: FaultReport) -> FaultReport {
        var whole = first
        whole.total += total
        whole.faults += faults.prefix(max(Limits.reportedFaults - whole.faults.count, 0))
        return whole
    }

    /// Whether as many bad rows are known as one answer names.
    package var isFull: Bool { faults.count >= Limits.reportedFaults }

    mutating func add(_ fault: RowFault, row: Int, place: RowPlace) {
        total += 1
        guard faults.count < Limits.reportedFaults else { return }
        var placed = fault
        placed.row = row
        placed.pointer = place.pointer(toRow: row) + fault.pointer
        faults.append(placed)
    }
}

/// Says where in a document a row stands.
enum RowPlace: Sendable, Equatable {
    /// The document is the row: a line of a stream.
    case root
    /// The row is one member of the document.
    case member(String)
    /// The row is an element of an array that is a member of the document.
    case element(of: String)

    func pointer(toRow row: Int) -> String {
        switch self {
        case .root: ""
        case .member(let name): "/\(name)"
        case .element(let name): "/\(name)/\(row)"
        }
    }
}
