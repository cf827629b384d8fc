internal import Core
internal import HTTP
internal import Store

/// `GET /predict/async/{id}/events`: a task's progress as server-sent events, until its end.
struct EventRoutes {
    let context: APIContext

    var routes: [Route] {
        [
            Route(
                .get, "/predict/async/{id}/events", .asynchronous { try await events($0) }, types: ["text/event-stream"]
            )
        ]
    }

    private func events(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let lookup = TaskLookup(context: context)
        let stored = try await context.reading.read { try lookup.task(of: request) }
        let known = request.headers.first("Last-Event-ID").flatMap { Int($0) }
        // A client that has the last event is told not to come back: the standard's meaning of 204.
        if stored.task.status.isFinal, known == stored.task.revision { return HTTPResponse(status: 204) }
        return .stream(type: "text/event-stream", headers: ["Cache-Control": "no-store"]) { writer in
            try await write(stored, after: known, to: writer)
        }
    }

    /// Writes an event for each change that was seen, and a comment now and then, so that nobody takes the connection
    /// for dead.
    private func write(_ first: StoredTask, after known: Int?, to writer: HTTPBodyWriter) async throws {
        var stored = first
        if known != stored.task.revision { try await write(stored, to: writer) }
        while !stored.task.status.isFinal {
            let changed = try await context.changes.change(
                of: stored.task.id, past: stored.task.revision, within: Limits.followWait)
            guard let changed else {
                try await writer.write(Array(": still here\n\n".utf8))
                continue
            }
            stored = changed
            try await write(stored, to: writer)
        }
    }

    private func write(_ stored: StoredTask, to writer: HTTPBodyWriter) async throws {
        if !stored.task.status.isFinal { _ = try await context.forecastView() }
        try await writer.write(event(of: stored))
    }

    private func event(of stored: StoredTask) -> [UInt8] {
        let name = stored.task.status.isFinal ? "completed" : "progress"
        let data = JSONWriter.write {
            context.message(of: stored, result: nil).write(to: &$0)
        }
        return Array("event: \(name)\nid: \(stored.task.revision)\ndata: ".utf8) + data + Array("\n\n".utf8)
    }
}
