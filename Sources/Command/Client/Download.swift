internal import Core
internal import HTTP

/// Fetches a task's results as one stream, whole or not at all.
struct Download {
    let client: ServiceClient
    let path: TaskPath
    /// The query, with its question mark.
    let query: String

    /// - Throws: ``ClientError`` when not all rows of an ended task are there.
    static func requireWhole(_ task: TaskAnswer) throws {
        if task.hasWholeResults { return }
        let reason = task.error.map { ": \($0.message)" } ?? "."
        throw ClientError(
            code: .resultsIncomplete,
            message:
                "No file is written, because the task is \(task.status)\(reason) `sibyl results \(task.id) --partial` "
                + "prints what is there.", exitCode: task.exitCode)
    }

    /// Fetches the results of an ended task into a file; a stream that breaks is begun again.
    func save(to file: OutputFile) throws {
        Interruption.advise("The results stay; `sibyl results \(path.id) --out FILE` fetches them.")
        let bar = ProgressBar()
        var patience = Patience()
        var most = 0
        while true {
            var (count, stall) = (0, StallWatch())
            do {
                try file.clear()
                try fetch {
                    try stall.check(moved: count)
                } _: { bytes in
                    try file.write(bytes)
                    count += bytes.count
                    bar.show("fetched \(count / 1_000) kB")
                }
                return try file.finish()
            } catch let error as ClientError {
                if count > most {
                    most = count
                    patience.progressed()
                }
                try patience.pause(after: error)
            }
        }
    }

    /// Fetches to standard output, where nothing can be taken back.
    func print() throws {
        var isBegun = false
        do {
            try fetch { bytes in
                isBegun = true
                try Console.stream(bytes)
            }
        } catch let error as ClientError where isBegun && error.mayPass {
            throw error.adding("The results were cut off: what was printed is not whole.")
        }
    }

    /// - Parameters:
    ///   - watch: runs at least once a second; throwing ends the request.
    ///   - take: is handed the stream piece by piece.
    func fetch(
        watching watch: @escaping () throws -> Void = {}, _ take: @escaping ([UInt8]) throws -> Void
    ) throws {
        do {
            try client.send(
                .get, path.results + query, deadline: nil, onProgress: { _ in try watch() }, onBytes: take)
        } catch let error as ClientError {
            throw Self.advised(error, path.id)
        }
    }

    /// The service's sentence, with the option that does what it says.
    private static func advised(_ error: ClientError, _ id: String) -> ClientError {
        switch error.code {
        case .duplicateColumn: error.adding("Here that is `sibyl results \(id) --join --prefix sibyl_ --out FILE`.")
        case .resultsIncomplete: error.adding("Here that is `sibyl results \(id) --partial`.")
        default: error
        }
    }
}
