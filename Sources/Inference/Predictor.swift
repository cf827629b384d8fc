package import Core

/// Runs one model version over rows.
///
/// Shared by threads.
package protocol Predictor: Sendable {
    var identity: ModelIdentity { get }
    var output: ModelOutput { get }
    /// What runs it.
    var engine: InferenceEngine { get }
    /// What is slow about its file, and the remedy; nil for nothing.
    var warning: String? { get }
    /// Rows that a run has at most, by memory and by time.
    var runRows: Int { get }

    /// How long one run may take.
    var timeout: Duration { get }

    /// Predicts.
    ///
    /// - Parameter rows: any number of rows of the model's signature; faulty ones stay faulty.
    /// - Returns: as many predictions as there are rows, in their order; a row whose answer is no number has failed.
    /// - Throws: when the run as a whole failed; then nothing is known about any row.
    func predict(_ rows: Rows) throws -> Predictions

    /// Ends the runs that go on now, soon and with an error, if the model allows it.
    func terminate() throws
}

extension Predictor {
    package var warning: String? { nil }
}
