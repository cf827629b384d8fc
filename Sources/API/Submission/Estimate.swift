internal import Catalog
internal import Core
internal import Queue

/// When a task should be done, from what waits before it and what a row was seen to cost.
struct Estimate: Codable {
    /// Nil while no worker runs, or nothing of the model runs.
    let seconds: Double?
    /// Rows that are accepted and not yet done, of all tasks.
    let queueRows: Int

    /// - Parameter start: how long none of the rows may run.
    init(_ view: Forecast.View, _ model: ModelIdentity, rows: Int, _ rowCost: Double, after start: Duration = .zero) {
        let wait = view.obstacle(to: model) == nil ? view.wait(forRows: rows, costing: rowCost) : nil
        seconds = wait.map { (max($0, start).inSeconds * 1_000).rounded(.up) / 1_000 }
        queueRows = view.rows
    }

    init(_ view: Forecast.View, _ accepted: Accepted, at now: WallTime) {
        let request = accepted.request
        self.init(
            view, request.model, rows: accepted.rows, request.rowCost,
            after: request.notBefore.map { $0 - now } ?? .zero)
    }

    /// Seconds after which asking again makes sense.
    var retryAfter: Int { Int(min(max(seconds ?? 1, 1), 30)) }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("seconds", seconds)
            json.member("queue_rows", queueRows)
        }
    }
}

extension Forecast.View {
    /// What a row of a model costs a worker, in microseconds: as it was seen, or else as rows like it mostly do.
    func rowCost(of model: ResolvedModel, guessingAtLeast least: Double = 0) -> Double {
        let isSlow = model.signature.hasText && !isOnKernel(model.identity)
        return rowCost(of: model.identity, otherwise: max(isSlow ? 20 : 1, least))
    }
}
