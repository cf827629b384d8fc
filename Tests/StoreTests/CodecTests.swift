import Core
import TestSupport
import Testing

@testable import Store

@Suite struct CodecTests {
    private let rows = Rows(
        count: 4,
        columns: [.float([1.5, -2]), .double([0.1, -.pi]), .int([7, .min]), .text(TextColumn(["grün 🎉", ""]))],
        faults: [
            RowFault(row: 1, line: 3, pointer: "/a", code: .wrongType, message: "Give a number."),
            RowFault(row: 3, code: .blankText, message: "Give a text."),
        ],
        ids: TextColumn(["a", "", "c", "d"]))

    private let predictions = Predictions(
        count: 3, width: 2, values: [0.25, 0.75, 1, 0],
        faults: [RowFault(row: 2, code: .nonFiniteOutput, message: "Not a number.")], ids: nil)

    @Test func `rows come back equal`() throws {
        #expect(try Rows(payload: rows.encoded()) == rows)
    }

    @Test func `predictions come back equal`() throws {
        #expect(try Predictions(result: predictions.encoded()) == predictions)
    }

    /// A byte counted the columns, and the process died of the 256th.
    @Test(arguments: [255, 256, 300, Limits.modelInputs])
    func `rows of many columns come back equal`(columns: Int) throws {
        let wide = Rows(count: 2, columns: (0..<columns).map { .float([Float($0), -1]) })
        #expect(try Rows(payload: wide.encoded()) == wide)
    }

    @Test func `doubles come back to the last bit`() throws {
        let exact = Predictions(count: 2, width: 1, values: [0.1, 1e-300], precision: .double)
        #expect(try Predictions(result: exact.encoded()) == exact)
    }

    @Test func `one changed bit anywhere is noticed`() throws {
        let payload = rows.encoded()
        for position in payload.indices {
            var damaged = payload
            damaged[position] ^= 0x10
            #expect(throws: StoreError.self) { try Rows(payload: damaged) }
        }
    }

    @Test func `a payload cut short anywhere is noticed`() throws {
        let payload = rows.encoded()
        for count in payload.indices {
            #expect(throws: StoreError.corruptBlob) { try Rows(payload: Array(payload.prefix(count))) }
        }
    }

    @Test func `content that lies about its lengths is refused even with a right checksum`() throws {
        var generator = SeededGenerator(seed: 7)
        let content = Array(rows.encoded().dropFirst(5))
        for _ in 0..<2_000 {
            var lying = content
            for _ in 0..<3 {
                lying[Int.random(in: 0..<lying.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            let payload = Blob.seal({ for byte in lying { $0.append(byte) } }, as: .rows, reserving: 0)
            // Either it is refused or it is whole: no trap, no row without its values.
            if let read = try? Rows(payload: payload) {
                #expect(read.columns.allSatisfy { $0.count == read.validCount })
            }
        }
    }
}
