internal import Core

extension Setting {
    package static let database = Setting(
        name: "SIBYL_DATABASE", kind: .text, fallback: "./data/sibyl.db",
        meaning:
            "The database: a file on a local disk, made when it is missing, or the URL of a PostgreSQL server's (`postgres://…`)."
    )
    package static let listen = Setting(
        name: "SIBYL_LISTEN", kind: .text, fallback: "127.0.0.1:8000",
        meaning: "Address and port of the API; port 0 takes a free one.")
    package static let models = Setting(
        name: "SIBYL_MODELS", kind: .text, fallback: "./models", meaning: "The folder of models.")
    package static let onnxRuntime = Setting(
        name: "SIBYL_ONNXRUNTIME", kind: .text, fallback: nil,
        meaning: "The library of ONNX Runtime; without it, the one that scripts/setup fetched, or the system's.")
    package static let auth = Setting(
        name: "SIBYL_AUTH", kind: .choice(["required", "off"]), fallback: nil,
        meaning:
            "Whether callers need a key: `off` on a loopback address, and elsewhere only when it is said. `required` is refused until there are keys."
    )
    package static let hosts = Setting(
        name: "SIBYL_HOSTS", kind: .text, fallback: nil,
        meaning:
            "Comma-separated host names, each with an optional port, that are accepted in `Host` besides localhost and the listening address; for the API and a worker's `/metrics`. Required when listening on 0.0.0.0 or [::]."
    )
    package static let logLevel = Setting(
        name: "SIBYL_LOG_LEVEL", kind: .choice(LogLevel.allCases.map(\.rawValue)), fallback: "info",
        meaning: "The least level that is logged, on standard error.")
    package static let leaseSeconds = Setting(
        name: "SIBYL_LEASE_SECONDS", kind: .integer(2...3_600), fallback: "\(Limits.lease.components.seconds)",
        meaning: "Seconds that a worker may stand still before others get its rows. A dead one is noticed at once.")
    package static let retentionHours = Setting(
        name: "SIBYL_RETENTION_HOURS", kind: .integer(1...87_600),
        fallback: "\(Limits.retention.components.seconds / 3_600)",
        meaning: "Hours that results are kept after their task has ended.")
    package static let recordDays = Setting(
        name: "SIBYL_RECORD_DAYS", kind: .integer(1...36_500),
        fallback: "\(Limits.records.components.seconds / 86_400)",
        meaning: "Days that the record of a task with many rows is kept after its end, without rows.")
    package static let chunkRows = Setting(
        name: "SIBYL_CHUNK_ROWS", kind: .integer(1...Limits.chunkRows), fallback: "\(Limits.chunkRows)",
        meaning: "Rows of one chunk of a CSV or NDJSON upload.")
    package static let maxBatchRows = Setting(
        name: "SIBYL_MAX_BATCH_ROWS", kind: .integer(1...Limits.jsonRows), fallback: "\(Limits.jsonRows)",
        meaning: "Rows of one JSON batch.")
    package static let maxWaitingRows = Setting(
        name: "SIBYL_MAX_WAITING_ROWS", kind: .integer(1...Limits.waitingRows), fallback: "\(Limits.waitingRows)",
        meaning: "Rows that may wait or run; submissions beyond them are answered 503.")
    package static let maxStoredMegabytes = Setting(
        name: "SIBYL_MAX_STORED_MB", kind: .integer(1...1 << 30), fallback: nil,
        meaning:
            "MiB that tasks, rows and results may take in the database; submissions beyond them are answered 503. Without it, as many as the disk has. A server's database is bounded by its own means."
    )
    package static let syncRows = Setting(
        name: "SIBYL_SYNC_ROWS", kind: .integer(1...Limits.synchronousRows), fallback: "\(Limits.synchronousRows)",
        meaning: "Rows of one `POST /predict/batch`.")
    package static let syncSeconds = Setting(
        name: "SIBYL_SYNC_SECONDS", kind: .integer(1...60), fallback: "\(Limits.synchronousWait.components.seconds)",
        meaning: "Seconds that a synchronous prediction waits before it is answered 503.")
    package static let connections = Setting(
        name: "SIBYL_CONNECTIONS", kind: .integer(Limits.leastConnections...100_000), fallback: "\(Limits.connections)",
        meaning: "Open connections of one API process; half of them may wait for a task.")
    package static let headerSeconds = Setting(
        name: "SIBYL_HEADER_SECONDS", kind: .integer(1...600), fallback: "\(Limits.headerDeadline.components.seconds)",
        meaning: "Seconds that the head of a request may take to come.")
    package static let idleSeconds = Setting(
        name: "SIBYL_IDLE_SECONDS", kind: .integer(1...3_600), fallback: "\(Limits.connectionIdle.components.seconds)",
        meaning:
            "Seconds a connection may be idle between requests. While a body or an answer is transferred, the average rate over this time must be at least 1 KiB/s."
    )
    package static let groupCommit = Setting(
        name: "SIBYL_GROUP_COMMIT", kind: .choice(["on", "off"]), fallback: "on",
        meaning: "Whether submissions share commits; `off` is for measuring what that gains.")
    package static let textKernel = Setting(
        name: "SIBYL_TEXT_KERNEL", kind: .choice(["on", "off"]), fallback: "on",
        meaning:
            "Whether text models run on the fused kernel where it knows their graph; `off` leaves them to ONNX Runtime."
    )
    package static let trialMegabytes = Setting(
        name: "SIBYL_TRIAL_MB", kind: .integer(64...1 << 20), fallback: "\(Limits.trialMegabytes)",
        meaning:
            "MiB of memory that a model may take while it is tried, in a process of its own, before a worker loads it."
    )
    package static let trialSeconds = Setting(
        name: "SIBYL_TRIAL_SECONDS", kind: .integer(1...Int(Limits.longestTrial.components.seconds)),
        fallback: "\(Limits.trialDeadline.components.seconds)",
        meaning: "Seconds that a model may take to load and to pass its own test while it is tried.")
    package static let metricsListen = Setting(
        name: "SIBYL_METRICS_LISTEN", kind: .text, fallback: nil,
        meaning:
            "Address and port of a worker's own `/metrics`, `/live` and `/ready`; a port alone is on 127.0.0.1. Under `up` worker N has the port plus N."
    )
    package static let url = Setting(
        name: "SIBYL_URL", kind: .text, fallback: "http://127.0.0.1:8000",
        meaning: "Where the client commands find the service.")

    /// Every setting.
    package static let all: [Setting] = [
        database, listen, models, onnxRuntime, auth, hosts, logLevel, leaseSeconds, retentionHours, recordDays,
        chunkRows,
        maxBatchRows,
        maxWaitingRows, maxStoredMegabytes, syncRows, syncSeconds, connections, headerSeconds, idleSeconds, groupCommit,
        textKernel, trialMegabytes, trialSeconds, metricsListen, url,
    ]

    /// The settings of the processes that serve, all but the clients' own.
    package static let serving = all.filter { $0.name != url.name }
}
