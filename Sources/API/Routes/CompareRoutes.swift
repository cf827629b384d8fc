internal import Core
internal import HTTP
internal import Store

/// `GET /predict/async/{a}/compare/{b}`: what another version of a model answers for the same rows.
struct CompareRoutes {
    let context: APIContext

    var routes: [Route] {
        [Route(.get, "/predict/async/{id}/compare/{other}", .asynchronous { try await compare($0) })]
    }

    private func compare(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let lookup = TaskLookup(context: context)
        let (a, b) = try await context.reading.read {
            (try lookup.task(of: request), try lookup.task(of: request, named: "other"))
        }
        guard a.task.status.isFinal, b.task.status.isFinal else { throw APIError.taskRuns }
        let outputs = (a.task.output, b.task.output)
        guard a.task.isWhole, b.task.isWhole, a.task.rows.total == b.task.rows.total,
            outputs.0.kind == outputs.1.kind, outputs.0.labels == outputs.1.labels,
            outputs.0.givesScores == outputs.1.givesScores, outputs.0.width == outputs.1.width
        else { throw APIError.notComparable }
        var comparison = TaskComparison(outputs.0, outputs.1)
        var first = ResultRows(ResultReading(a, context: context, withRecords: false, follows: false))
        var second = ResultRows(ResultReading(b, context: context, withRecords: false, follows: false))
        while let one = try await first.next(), let other = try await second.next() {
            comparison.add(
                one.fault == nil ? one.values : nil, other.fault == nil ? other.values : nil,
                in: (one.precision, other.precision))
        }
        return .json(JSONWriter.write { comparison.write(a.task, b.task, to: &$0) })
    }
}

/// Counts how the answers of two tasks differ, row by row.
struct TaskComparison {
    private let outputs: (ModelOutput, ModelOutput)
    private var compared = 0
    private var changed = 0
    private var failedInOne = 0
    private var transitions: [Int: Int] = [:]
    private var sums: [(a: Double, b: Double, shift: Double, greatest: Double)]

    init(_ a: ModelOutput, _ b: ModelOutput) {
        outputs = (a, b)
        sums = Array(repeating: (0, 0, 0, 0), count: a.width)
    }

    /// Adds a row's values under both versions; nil where it failed.
    ///
    /// - Parameter precisions: what each was computed in.
    mutating func add(
        _ a: ArraySlice<Double>?, _ b: ArraySlice<Double>?, in precisions: (Precision, Precision)
    ) {
        guard let a, let b else {
            if (a == nil) != (b == nil) { failedInOne += 1 }
            return
        }
        compared += 1
        for (index, (one, other)) in zip(a, b).enumerated() {
            let shift = abs(other - one)
            sums[index].a += one
            sums[index].b += other
            sums[index].shift += shift
            sums[index].greatest = max(sums[index].greatest, shift)
        }
        guard outputs.0.kind == .classification else { return }
        let labels = (outputs.0.label(of: a, in: precisions.0), outputs.1.label(of: b, in: precisions.1))
        guard labels.0 != labels.1 else { return }
        changed += 1
        transitions[labels.0 * outputs.0.labels.count + labels.1, default: 0] += 1
    }

    func write(_ a: PredictionTask, _ b: PredictionTask, to json: inout JSONWriter) {
        json.object { json in
            json.member("a", a.id.description)
            json.member("b", b.id.description)
            json.member("model_version_a", a.model.version)
            json.member("model_version_b", b.model.version)
            json.member("rows", a.rows.total)
            json.member("compared", compared)
            json.member("failed_in_one", failedInOne)
            if outputs.0.kind == .classification { writeChanges(to: &json) }
            json.key("outputs")
            json.array { json in
                for (index, sum) in sums.enumerated() { write(sum, named: name(of: index), to: &json) }
            }
        }
    }

    private func writeChanges(to json: inout JSONWriter) {
        let labels = outputs.0.labels
        json.member("changed", changed)
        json.member("changed_share", compared > 0 ? Double(changed) / Double(compared) : 0)
        json.key("transitions")
        json.array { json in
            for (key, rows) in transitions.sorted(by: { $0.value > $1.value || $0.value == $1.value && $0.key < $1.key }
            ) {
                json.object { json in
                    json.member("from", labels[key / labels.count])
                    json.member("to", labels[key % labels.count])
                    json.member("rows", rows)
                }
            }
        }
    }

    private func name(of index: Int) -> String {
        switch outputs.0.kind {
        case .classification: outputs.0.labels[index]
        case .regression: "prediction"
        case .vector: "output_\(index + 1)"
        }
    }

    private func write(
        _ sum: (a: Double, b: Double, shift: Double, greatest: Double), named name: String, to json: inout JSONWriter
    ) {
        let rows = Double(max(compared, 1))
        json.object { json in
            json.member("name", name)
            json.member("mean_a", sum.a / rows)
            json.member("mean_b", sum.b / rows)
            json.member("mean_shift", (sum.b - sum.a) / rows)
            json.member("mean_absolute_shift", sum.shift / rows)
            json.member("greatest_shift", sum.greatest)
        }
    }
}
