internal import Core

/// How many rows one run takes, so that nobody waits long behind it: as many as the time of a run allows.
struct RunSize {
    private let mostRows: Int
    /// What a row was seen to cost, in microseconds; nil before the first run.
    private var rowCost: Double?

    /// - Parameter mostRows: the bound by memory, which also holds while nothing is known.
    init(mostRows: Int) { self.mostRows = mostRows }

    /// - Parameter time: how long the run should take.
    func rows(in time: Duration = Limits.runTime) -> Int {
        guard let rowCost, rowCost > 0 else { return mostRows }
        return Int(min(max(time.inSeconds * 1e6 / rowCost, 1), Double(mostRows)))
    }

    /// Learns from a run; a run of few rows costs mostly itself, and hardly counts.
    mutating func learn(_ cost: Double, rows: Int) {
        guard let known = rowCost else {
            // The first run may be a single row, which tells little: it counts only when it is slow enough to matter.
            if rows >= mostRows / 4 || cost > Limits.runTime.inSeconds * 1e6 / 4 { rowCost = cost }
            return
        }
        rowCost = known + (cost - known) * Double(rows) / Double(rows + mostRows / 2 + 1)
    }
}
