import Store

@testable import Queue

/// What must hold whatever happened, between any two transactions.
extension QueueHarness {
    /// Looks for states that must not be.
    ///
    /// - Returns: one line for each kind; empty when all is well.
    func invariantFaults() throws -> [String] { try read { try Invariants.faults(in: $0) } }
}
