import Core
import Store
import Testing

@testable import Worker

@Suite struct BatchTests {
    private let first = Rows(
        count: 3, columns: [.float([1, 3]), .text(TextColumn(["a", "ccc"]))],
        faults: [RowFault(row: 1, code: .wrongType, message: "x")], ids: TextColumn(["i", "", "k"]))
    private let second = Rows(count: 1, columns: [.float([9]), .text(TextColumn([""]))])
    private let third = Rows(
        count: 2, columns: [.float([7]), .text(TextColumn(["z"]))],
        faults: [RowFault(row: 0, code: .blankText, message: "y")])

    /// A chunk whose columns are not the others' ended the worker, and each worker after it.
    @Test func `chunks of different columns are an error, not a trap`() {
        let (one, two) = (Rows(count: 1, columns: [.float([1])]), Rows(count: 1, columns: [.float([1]), .int([2])]))
        #expect(throws: StoreError.corruptBlob) { try Batch([two, one]) }
        #expect(throws: StoreError.corruptBlob) { try Batch([one, Rows(count: 1, columns: [.double([1])])]) }
    }

    @Test func `chunks become one batch, columns, faults and ids in order`() throws {
        let rows = try Batch([first, second, third]).rows
        #expect(rows.count == 6)
        #expect(rows.columns == [.float([1, 3, 9, 7]), .text(TextColumn(["a", "ccc", "", "z"]))])
        #expect(rows.faults.map(\.row) == [1, 4])
        #expect((0..<6).map { rows.ids![$0] } == ["i", "", "k", "", "", ""])
    }

    @Test func `predictions are cut back into those of each chunk`() throws {
        let chunks = [first, second, third]
        let batch = try Batch(chunks)
        // One more row fails in the run: the only one of the second chunk.
        var faults = batch.rows.faults
        faults.insert(RowFault(row: 3, code: .nonFiniteOutput, message: "n"), at: 1)
        let whole = Predictions(count: 6, width: 2, values: [1, -1, 3, -3, 7, -7], faults: faults, ids: batch.rows.ids)
        let parts = batch.split(whole)
        #expect(parts.map(\.count) == [3, 1, 2])
        #expect(parts.map(\.values) == [[1, -1, 3, -3], [], [7, -7]])
        #expect(parts.map { $0.faults.map(\.row) } == [[1], [0], [0]])
        #expect((0..<3).map { parts[0].ids![$0] } == ["i", "", "k"])
    }

    @Test func `a single chunk is handed on as it is`() throws {
        #expect(try Batch([first]).rows == first)
    }
}
