internal import Core
internal import HTTP
internal import Operations

/// `sibyl stranded`: rows that wait for a model version that no worker serves, and what becomes of them.
struct StrandedCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "stranded", "Lists rows that wait for a model version no worker serves; fails or reruns them.",
            options: [
                .init("--model", value: "NAME", "Only rows of this model."),
                .init("--fail", "Ends their tasks as failed; rows scored before stay readable."),
                .init(
                    "--rerun-on", value: "VERSION",
                    "Runs all rows of each task on this version, in a new task; the old one ends as failed."),
            ] + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let client = try ServiceClient(arguments)
        switch (arguments.has("--fail"), arguments.value("--rerun-on")) {
        case (true, .some): throw UsageError("`--fail` and `--rerun-on` exclude each other; leave one out.")
        case (true, nil): return try fail(arguments, client)
        case (false, let version?): return try rerun(on: version, arguments, client)
        case (false, nil): return try list(arguments, client)
        }
    }

    // MARK: List

    private struct Listing: Decodable {
        struct Entry: Decodable {
            var model: String
            var model_version: String
            var model_digest: String
            var rows: Int
        }

        var stranded: [Entry]
    }

    private func list(_ arguments: Arguments, _ client: ServiceClient) throws -> Int32 {
        let bytes = try client.get("/admin/stranded")
        if arguments.has("--json") {
            Console.write(bytes + [UInt8(ascii: "\n")])
            return 0
        }
        let model = arguments.value("--model")
        let entries = try Listing.read(bytes).stranded.filter { model == nil || $0.model == model }
        if entries.isEmpty { try requireKnown(model, client) }
        var known: [String: Bool] = [:]
        for entry in entries {
            let isKnown = try known[entry.model] ?? isKnown(entry.model, client)
            known[entry.model] = isKnown
            Console.write(
                "\(entry.model) \(entry.model_version)\t\(entry.model_digest.prefix(12))\t\(entry.rows) rows"
                    + "\(isKnown ? "" : "; the model was removed")\n")
        }
        return 0
    }

    /// Whether the service has a model; one that was removed may still have rows.
    private func isKnown(_ model: String, _ client: ServiceClient) throws -> Bool {
        do {
            _ = try client.get("/models/\(PercentEncoding.encode(model))")
            return true
        } catch let error as ClientError where error.code == .modelNotFound {
            return false
        }
    }

    /// - Throws: ``ClientError`` for a name that no model has and no rows wait for: most likely it was mistyped.
    private func requireKnown(_ model: String?, _ client: ServiceClient) throws {
        guard let model else { return }
        // The service's own sentence names the models that are there.
        _ = try client.get("/models/\(PercentEncoding.encode(model))")
    }

    // MARK: Fail

    private struct Failed: Decodable {
        var failed: Int
        var more: Bool
        var next: String?
    }

    private func fail(_ arguments: Arguments, _ client: ServiceClient) throws -> Int32 {
        var count = 0
        var next: String?
        var answer: Failed
        repeat {
            answer = try Failed.read(try client.post("/admin/stranded/fail", json: body(arguments, next: next)))
            count += answer.failed
            next = answer.next
        } while answer.more
        if count == 0 { try requireKnown(arguments.value("--model"), client) }
        Console.write(arguments.has("--json") ? "{\"failed\":\(count)}\n" : "failed: \(count) tasks\n")
        if count > 0, !arguments.has("--json") {
            Console.writeError("Their rows leave the list as the tasks end, which takes some seconds.")
        }
        return 0
    }

    // MARK: Rerun

    private struct Rerun: Decodable {
        struct Made: Decodable {
            var from: String
            var id: String
            var rows: Int
        }
        struct Refused: Decodable {
            var id: String
            var message: String
        }

        var redriven: [Made]
        var refused: [Refused]
        var more: Bool
        var next: String?
    }

    private func rerun(on version: String, _ arguments: Arguments, _ client: ServiceClient) throws -> Int32 {
        var answer: Rerun
        var next: String?
        // A task of many chunks may be met at several places.
        var refused: Set<String> = []
        var didMake = false
        repeat {
            let bytes = try client.post("/admin/stranded/rerun", json: body(arguments, version: version, next: next))
            answer = try Rerun.read(bytes)
            next = answer.next
            didMake = didMake || !answer.redriven.isEmpty
            let new = answer.refused.filter { refused.insert($0.id).inserted }
            if arguments.has("--json") {
                Console.write(bytes + [UInt8(ascii: "\n")])
                continue
            }
            for made in answer.redriven { Console.write("\(made.from)\t\(made.id)\t\(made.rows) rows\n") }
            for entry in new { Console.writeError("\(entry.id): \(entry.message)") }
        } while answer.more
        if !didMake, refused.isEmpty { try requireKnown(arguments.value("--model"), client) }
        return refused.isEmpty ? 0 : 2
    }

    private func body(_ arguments: Arguments, version: String? = nil, next: String? = nil) -> [UInt8] {
        JSONWriter.write { json in
            json.object { json in
                if let model = arguments.value("--model") { json.member("model", model) }
                if let version { json.member("model_version", version) }
                if let next { json.member("next", next) }
            }
        }
    }
}
