/// How results are written for a caller.
enum ResultFormat: String, CaseIterable {
    /// One object with a page of results.
    case json
    /// One object a line.
    case ndjson
    /// A table.
    case csv

    var mediaType: String {
        switch self {
        case .json: "application/json"
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8"
        }
    }
}

/// Which probabilities are given with a prediction.
enum ShownProbabilities: Equatable {
    case none
    case all
    /// The most probable labels, at most so many.
    case top(Int)

    /// Reads `none`, `all` or `top:3`; nil for anything else.
    init?(_ text: String) {
        switch text {
        case "none": self = .none
        case "all": self = .all
        default:
            guard text.hasPrefix("top:"), let count = Int(text.dropFirst(4)), (1...1_000).contains(count) else {
                return nil
            }
            self = .top(count)
        }
    }
}

/// What of a result is shown: API.md, section 3.
struct ResultShape: Equatable {
    /// Nil for the rule of the format: all, and none beside the caller's own columns.
    var probabilities: ShownProbabilities?
    /// The members or columns that are shown; nil for all.
    var fields: [String]?
    /// The score from which on the prediction is the positive label, in place of the model's.
    var threshold: Double?

    init(probabilities: ShownProbabilities? = nil, fields: [String]? = nil, threshold: Double? = nil) {
        self.probabilities = probabilities
        self.fields = fields
        self.threshold = threshold
    }

    /// The same with every field.
    var withAllFields: ResultShape {
        var shape = self
        shape.fields = nil
        return shape
    }

    func shows(_ field: String) -> Bool { fields?.contains(field) ?? true }
}
