package import Core

/// Runs one model version over rows.
///
/// Shared by threads.
package protocol Predictor: Sendable {
    var identity: ModelIdentity { get }
    var output: ModelOutput { get }
    /// Rows that a run should have: see `Signature.runRows`.
    var runRows: Int { get }

    /// Predicts.
    ///
    /// - Parameter rows: any number of rows of the model's signature; faulty ones stay faulty.
    /// - Returns: as many predictions as there are rows, in their order; a row whose answer is no number has failed.
    /// - Throws: when the run as a whole failed; then nothing is known about any row.
    func predict(_ rows: Rows) throws -> Predictions
}
