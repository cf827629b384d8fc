internal import Catalog
internal import Core

/// Writes a model as callers see it: API.md, section 5.
struct ModelMessage {
    /// The version that was asked for, or the default one.
    let resolved: ResolvedModel
    let served: ServedModels

    private var model: Model { resolved.model }

    /// The members of a model in the list of all.
    func writeSummary(to json: inout JSONWriter) {
        json.member("name", model.name)
        writeVersions(to: &json)
        json.member("default_version", model.defaultVersion)
        json.key("traffic")
        json.object { json in
            json.key(escaping: model.defaultVersion)
            json.value(100)
        }
        json.member("task", resolved.output.kind.rawValue)
        json.member("ready", readyWorkers > 0)
    }

    /// Everything about a model.
    ///
    /// - Parameter name: the name as the caller wrote it, which may be joined with a version.
    func write(as name: String, to json: inout JSONWriter) {
        json.object { json in
            json.member("requested", name)
            json.member("description", model.description)
            writeSummary(to: &json)
            json.member("workers", readyWorkers)
            writeInputs(to: &json)
            writeOutput(to: &json)
            writeTraining(to: &json)
            json.key("example")
            model.example.map { $0.write(to: &json) } ?? json.null()
        }
    }

    private var readyWorkers: Int { served.workers(resolved) }

    private func writeVersions(to json: inout JSONWriter) {
        json.key("versions")
        json.array { json in
            for resolved in model.resolved {
                let version = resolved.version
                json.object { json in
                    json.member("version", version.name)
                    json.member("digest", version.digest)
                    json.member("state", version.state.rawValue)
                    json.member("workers", served.workers(resolved))
                    json.member("engine", served.engine(resolved))
                    json.member("fallback", served.fallback(resolved))
                    json.member("problem", served.reason(resolved))
                    json.member("warning", served.warning(resolved))
                }
            }
        }
    }

    private func writeInputs(to json: inout JSONWriter) {
        json.key("inputs")
        json.array { json in
            for (input, note) in zip(resolved.signature.inputs, resolved.version.interface.notes) {
                json.object { json in
                    json.member("name", input.name)
                    json.member("type", input.kind.rawValue)
                    json.member("unit", note.unit)
                    json.member("description", note.description)
                    if input.kind == .string {
                        json.member("min_length", input.minimumLength)
                        json.member("max_length", input.maximumLength)
                    } else {
                        json.member("min", input.minimum)
                        json.member("max", input.maximum)
                    }
                    json.member("required", input.missing == .error)
                    json.key("aliases")
                    json.array { json in for alias in input.aliases { json.value(alias) } }
                }
            }
        }
    }

    private func writeOutput(to json: inout JSONWriter) {
        json.key("labels")
        json.array { json in for label in resolved.output.labels { json.value(label) } }
        json.key("gives")
        if resolved.output.kind == .classification {
            json.value(resolved.output.givesScores ? "scores" : "probabilities")
        } else {
            json.null()
        }
        json.member("positive_label", resolved.output.positiveLabel)
        json.key("threshold")
        resolved.output.threshold.map { json.value($0) } ?? json.null()
    }

    private func writeTraining(to json: inout JSONWriter) {
        let version = resolved.version
        json.member("accuracy", version.measures["accuracy"])
        json.key("measures")
        json.object { json in
            for (name, value) in version.measures.sorted(by: { $0.key < $1.key }) {
                json.key(escaping: name)
                json.value(value)
            }
        }
        json.member("trained_at", version.trainedAt)
        json.key("data")
        version.data.map { $0.write(to: &json) } ?? json.null()
    }
}
