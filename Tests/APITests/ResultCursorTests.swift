import Core
import Store
import Testing

@testable import API

/// Where a page of results begins, and what was counted before it.
@Suite struct ResultCursorTests {
    @Test func `a cursor carries how many failed rows stand before its chunk`() throws {
        let cursor = try ResultCursor(text: "3.2.5")
        #expect(cursor.place == ResultPlace(position: 3, row: 2) && cursor.text == "3.2.5")
    }

    @Test func `a cursor comes back as the place it stands for`() throws {
        let cursor = ResultCursor(place: ResultPlace(position: 7, row: 4_095), failures: 4_096)
        #expect(try ResultCursor(text: cursor.text) == cursor)
    }

    @Test(arguments: [
        "", "1", "1.2", "1.2.3.4", "a.0.0", "-1.0.0", "0.-1.0", "0.0.-1", "0.0.9223372036854775807", "0.0.1e3",
        "99999999999999999999.0.0", "0..0", "a.b", "1.0", "16777216.0.0", " 1.0.0",
    ])
    func `what this service did not make is refused`(text: String) {
        #expect(throws: APIError.self) { try ResultCursor(text: text) }
    }
}
