internal import Core
internal import Digest
internal import HTTP
internal import Store

/// `GET /predict/async/{id}/manifest`: proof that every row in has one row out.
///
/// Digests are SHA-256. The input's is that of the file as it was sent (decompressed), in one request or in several, and
/// null for rows in JSON; the results' is that of `…/results?format=ndjson`. Each chunk has its own of both, so that a
/// difference can be found; of an input that is not kept it has that of its results only.
struct ManifestRoutes {
    let context: APIContext

    var routes: [Route] {
        [Route(.get, "/predict/async/{id}/manifest", .asynchronous { try await manifest($0) })]
    }

    private func manifest(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let lookup = TaskLookup(context: context)
        let stored = try await context.reading.read { try lookup.task(of: request) }
        guard stored.task.status.isFinal else { throw APIError.taskRuns }
        return .stream(type: "application/json") { try await write(stored, to: $0) }
    }

    private func write(_ stored: StoredTask, to writer: HTTPBodyWriter) async throws {
        let input = try await context.reading.read { [tasks = context.tasks] in try tasks.input(of: stored) }
        let (inputDigest, resultDigest) = (SHA256Stream(), SHA256Stream())
        var reading = ResultReading(
            stored, context: context, withRecords: stored.kept == .records, follows: false, wholeChunks: true)
        let message = PredictionMessage(task: stored.task)
        inputDigest.update(input?.header ?? [])
        var separator = "{\"chunks\":["
        while let page = try await reading.next() {
            for part in page.parts {
                var json = JSONWriter()
                let entry = ChunkEntry(part, message)
                entry.write(to: &json)
                resultDigest.update(entry.lines)
                if let records = part.records { inputDigest.update(records.bytes) }
                try await writer.write(Array(separator.utf8) + json.bytes)
                separator = ",\n"
            }
        }
        inputDigest.update(input?.tail ?? [])
        let kept = stored.kept == .records ? inputDigest.finish() : try InputDigest.read(input?.resumption)?.digest
        let digest = stored.task.isWhole ? kept.map(Hexadecimal.encode) : nil
        let summary = JSONWriter.write { json in
            json.object { json in
                writeTask(stored.task, to: &json)
                json.key("input")
                json.object { json in
                    json.member("bytes", stored.task.inputBytes)
                    json.member("sha256", digest)
                }
                json.key("results")
                json.object { $0.member("sha256", Hexadecimal.encode(resultDigest.finish())) }
            }
        }
        let opening = separator.hasPrefix("{") ? separator : ""
        try await writer.write(Array("\(opening)],".utf8) + summary.dropFirst() + [UInt8(ascii: "\n")])
    }

    private func writeTask(_ task: PredictionTask, to json: inout JSONWriter) {
        json.member("id", task.id.description)
        json.member("status", task.status.rawValue)
        json.member("model", task.model.model)
        json.member("model_version", task.model.version)
        json.member("model_digest", task.model.digest)
        json.key("rows")
        json.object { json in
            json.member("in", task.rows.total)
            json.member("out", task.rows.done)
            json.member("succeeded", task.rows.succeeded)
            json.member("failed", task.rows.failed)
        }
    }
}

/// What a manifest says of one chunk.
private struct ChunkEntry {
    /// The chunk's results as lines of JSON.
    let lines: [UInt8]
    private let part: ResultPage.Part

    init(_ part: ResultPage.Part, _ message: PredictionMessage) {
        self.part = part
        var json = JSONWriter(reserving: 1 << 16)
        var cursor = RowCursor(part)
        for row in part.rows {
            let (values, fault) = cursor.take(row)
            message.write(row, of: part, values, fault, to: &json)
        }
        lines = json.bytes
    }

    func write(to json: inout JSONWriter) {
        let failed = part.predictions.faults.count { part.rows.contains($0.row) }
        json.object { json in
            json.member("chunk", part.position)
            json.member("first_row", part.firstRow + part.rows.lowerBound)
            json.member("rows", part.rows.count)
            json.member("succeeded", part.rows.count - failed)
            json.member("failed", failed)
            json.member("results_sha256", SHA256.hex(of: lines))
            json.member("input_bytes", part.records?.bytes.count ?? 0)
            json.member("input_sha256", part.records.map { SHA256.hex(of: $0.bytes) })
        }
    }
}
