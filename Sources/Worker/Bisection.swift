internal import Core
internal import Inference

/// Runs rows of which a run failed, in halves of halves, until those that fail alone are known: all others succeed.
struct Bisection {
    private let predictor: any Predictor
    private let firstError: any Error
    private var failing = 0
    private var hasSucceeded = false

    /// - Parameter error: what the run of all rows together threw.
    init(_ predictor: any Predictor, after error: any Error) {
        self.predictor = predictor
        firstError = error
    }

    /// - Parameter isPart: whether other rows of the same chunk ran, so that even a single row's failure is its own.
    /// - Returns: predictions in which rows that fail alone have failed.
    /// - Throws: the error when rows fail wherever one looks: then the model is to blame, not a row.
    mutating func run(_ rows: Rows, isPart: Bool) throws -> Predictions {
        let predictions = try halves(of: rows)
        guard hasSucceeded || isPart && rows.validCount <= 1 else { throw firstError }
        return predictions
    }

    private mutating func halves(of rows: Rows) throws -> Predictions {
        guard rows.validCount > 1 else { return try single(rows) }
        let middle = rows.count / 2
        let parts = try [0..<middle, middle..<rows.count].map { part in try attempt(rows.selecting(Array(part))) }
        return .joined(parts, width: predictor.output.width, ids: rows.ids)
    }

    private mutating func attempt(_ rows: Rows) throws -> Predictions {
        do {
            let predictions = try predictor.predict(rows)
            hasSucceeded = hasSucceeded || predictions.succeededCount > 0
            return predictions
        } catch {
            return try halves(of: rows)
        }
    }

    /// Gives a row a second chance: what failed with others may have been a trouble of the moment.
    private mutating func single(_ rows: Rows) throws -> Predictions {
        do {
            let predictions = try predictor.predict(rows)
            hasSucceeded = hasSucceeded || predictions.succeededCount > 0
            return predictions
        } catch {
            failing += 1
            if failing > Limits.failingRows, !hasSucceeded { throw firstError }
            let coded = error as? any CodedError ?? WorkerError.unexpected
            return .failed(rows, code: coded.code, message: coded.message, width: predictor.output.width)
        }
    }
}
