internal import Catalog
internal import Core
internal import Inference

/// What was found of an imported model, for whoever imported it.
struct ImportedModel {
    let model: NewTextModel
    let outline: TextModelOutline
    let engine: InferenceEngine
    /// What is slow about the file; nil for nothing.
    let warning: String?
    /// Whether its scores look like probabilities, so that they were hardly meant to be scores.
    let scoresAreProbabilities: Bool
    /// Nil when the kernel does not know the graph, or golden rows are the judge.
    let comparison: EngineComparison?
    /// Nil without a file of golden rows.
    let golden: GoldenComparison?

    func lines(in folder: String) -> String {
        let answers = model.labels.isEmpty ? "a number" : model.labels.joined(separator: ", ")
        let pattern =
            outline.tokenPatterns == [TextModelOutline.libraryPattern]
            ? "Words are found by the pattern `\(TextModelOutline.libraryPattern)`, which is scikit-learn's own." : nil
        let lines = [
            "\(model.name) \(NewTextModel.version) is in \(folder)/\(model.name): \(answers) for a `text`.", engineLine,
            valuesLine, pattern,
        ]
        return
            (lines.compactMap(\.self) + (golden?.verdicts ?? []).map { "\($0.engine): \($0.summary)." }
            + warnings.map { "WARNING: \($0)" } + ["API and workers know it from their next start on."])
            .map { $0 + "\n" }.joined()
    }

    private var engineLine: String {
        engine.fallbackReason.map { "It runs on ONNX Runtime, which is slow in bulk, because \($0)." }
            ?? "It runs on the fused kernel\(comparison.map { "; \($0.summary)" } ?? "")."
    }

    private var valuesLine: String? {
        if model.labels.isEmpty { return nil }
        return model.givesScores
            ? "It gives scores, not probabilities: its answers have a label, and no confidence."
            : "Its values were found to be probabilities, not mere scores: 0 to 1, and together 1 in each row."
    }

    /// What a person should know before the model is used.
    var warnings: [String] {
        var warnings = warning.map { ["Of the file: \($0)."] } ?? []
        if scoresAreProbabilities {
            warnings.append(
                "--scores was given, and the values look like probabilities: 0 to 1, and together 1 in each row. Without --scores "
                    + "answers have a confidence too.")
        }
        guard golden == nil else { return warnings }
        warnings.append(
            "Nothing was compared with the library that trained the model"
                + (comparison == nil ? "" : "; that two engines agree does not mean that they answer as it does")
                + ". Give some of its answers with --golden FILE (see --help).")
        return warnings + outline.patternHints
    }

    var json: [UInt8] {
        JSONWriter.write { json in
            json.object { json in
                json.member("model", model.name)
                json.member("version", NewTextModel.version)
                json.key("labels")
                json.array { json in for label in model.labels { json.value(label) } }
                json.member("gives", model.labels.isEmpty ? nil : model.givesScores ? "scores" : "probabilities")
                json.member("engine", engine.name)
                json.member("fallback", engine.fallbackReason)
                json.key("comparison")
                comparison.map { $0.write(to: &json) } ?? json.null()
                json.key("golden")
                golden.map { $0.write(to: &json) } ?? json.null()
                json.key("token_patterns")
                json.array { json in for pattern in outline.tokenPatterns { json.value(pattern) } }
                json.key("warnings")
                json.array { json in for warning in warnings { json.value(warning) } }
            }
            json.newline()
        }
    }
}

extension EngineComparison {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("texts", texts)
            json.member("other_labels", otherLabels)
            json.member("other_values", otherValues)
            json.key("greatest_difference")
            json.value(greatestDifference)
        }
    }
}

extension GoldenComparison {
    fileprivate func write(to json: inout JSONWriter) {
        json.array { json in
            for verdict in verdicts {
                json.object { json in
                    json.member("engine", verdict.engine)
                    json.member("rows", verdict.rows)
                    json.member("other_answers", verdict.failed.count)
                    json.member("first", verdict.first)
                }
            }
        }
    }
}
