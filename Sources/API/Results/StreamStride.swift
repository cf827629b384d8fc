internal import Core

/// Decides how many results a stream reads at a time: many while its reader keeps up, few while memory is scarce.
///
/// What was read and is not sent yet is held in memory, so that a reader who is slow should have little there.
struct StreamStride {
    private(set) var rows: Int

    /// - Parameter isCrowded: whether answers hold much of the memory that they may.
    init(isCrowded: Bool) { rows = isCrowded ? Limits.fewStreamedRows : Limits.runRows }

    /// Learns from a part that was written.
    ///
    /// - Parameter time: how long the reader held it up.
    mutating func wrote(in time: Duration, isCrowded: Bool) {
        if isCrowded || time > Self.slow {
            rows = Limits.fewStreamedRows
        } else if time < Self.quick {
            rows = Limits.runRows
        }
    }

    private static let slow = Duration.seconds(1)
    private static let quick = Duration.milliseconds(100)
}
