internal import Core
internal import Store

/// The text that names where the next page begins; callers treat it as opaque.
struct ResultCursor: Equatable {
    static let start = ResultCursor(place: .start, failures: 0)

    let place: ResultPlace
    /// Failed rows that may run again, in the chunks before the place's own: with retries, each page would count them anew.
    let failures: Int

    init(place: ResultPlace, failures: Int) { (self.place, self.failures) = (place, failures) }

    /// Where the page behind another one begins.
    ///
    /// - Parameter page: the results as they are stored, without retries.
    func after(_ page: ResultPage) -> ResultCursor {
        let passed = page.parts.filter { $0.position < page.next.position }
        let failed = passed.reduce(0) { $0 + $1.predictions.faults.count { $0.code.isRetryable } }
        return ResultCursor(place: page.next, failures: failures + failed)
    }

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` for a text that this service did not make.
    init(text: String) throws {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let position = numbers[0], let row = numbers[1], let failures = numbers[2],
            (0..<ChunkKey.positions).contains(position), (0..<Limits.chunkBytes).contains(row),
            (0...ChunkKey.positions * Limits.chunkBytes).contains(failures)
        else { throw APIError.invalidParameter(name: "cursor", expected: "a `next_cursor` as it was answered") }
        self.init(place: ResultPlace(position: position, row: row), failures: failures)
    }

    var text: String { "\(place.position).\(place.row).\(failures)" }
}
