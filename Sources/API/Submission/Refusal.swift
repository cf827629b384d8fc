internal import Core
internal import Intake

/// What a task says afterwards of its input that was refused: what its sender was told, who may not have listened.
struct Refusal {
    /// At most ``Limits/refusalBytes``, without NUL, which not every database can keep.
    let text: String

    /// - Parameter failure: the code with which the task fails.
    /// - Returns: nil where nothing was refused: the input only ended.
    init?(_ error: any Error, as failure: ErrorCode) {
        guard failure != .uploadIncomplete, let error = error as? any CodedError else { return nil }
        let words = Self.words(error)
        let whole = failure == error.code ? words : "\(words) Rows scored before stay readable."
        text = Self.bounded(whole.replacing("\0", with: "\u{FFFD}"))
    }

    /// Of rows that do not fit the first is named: the list of all was in the answer alone.
    private static func words(_ error: any CodedError) -> String {
        guard case APIError.rejected(let report, let rows, let mayBeMore) = error, let first = report.faults.first
        else {
            return error.message
        }
        let place = first.line.map { "line \($0)" } ?? "row \(first.row)"
        return "\(report.total) of \(mayBeMore ? "the first " : "")\(rows) rows do not fit the model, so that none was "
            + "accepted; the first is in \(place): \(first.message)"
    }

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > Limits.refusalBytes else { return text }
        var bytes = Array(text.utf8.prefix(Limits.refusalBytes - 3))
        // A character that was cut in its midst goes.
        while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
        if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self) + "…"
    }
}
