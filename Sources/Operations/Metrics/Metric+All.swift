extension Metric {
    // MARK: Requests

    package static let requests = Metric(
        name: "sibyl_http_requests_total", kind: .counter, labels: [.method, .route, .status], source: .api,
        meaning:
            "Requests that ended. An unknown path has the route `none`, a connection that ended first the status `none`."
    )
    package static let requestDuration = Metric(
        name: "sibyl_http_request_duration_seconds", kind: .histogram, labels: [.route], source: .api,
        meaning:
            "Seconds from a request's headers to the last byte of its answer; long polls and streams last on purpose.")
    package static let connections = Metric(
        name: "sibyl_http_connections", kind: .gauge, labels: [], source: .api, meaning: "Open connections.")
    package static let uploads = Metric(
        name: "sibyl_uploads", kind: .gauge, labels: [], source: .api, meaning: "Streams that are being read.")

    // MARK: Work done

    package static let tasks = Metric(
        name: "sibyl_tasks_total", kind: .counter, labels: [.status], source: .everyProcess,
        meaning: "Tasks that reached a final status, counted by the process that ended them.")
    package static let rows = Metric(
        name: "sibyl_rows_total", kind: .counter, labels: [.model, .version, .outcome], source: .worker,
        meaning:
            "Rows whose result was committed: `succeeded` or `failed`. Rows that were cancelled or expired never ran.")
    package static let inflightRows = Metric(
        name: "sibyl_inflight_rows", kind: .gauge, labels: [.model], source: .worker,
        meaning: "Rows that this worker has leased and not yet finished.")
    package static let kernelFallback = Metric(
        name: "sibyl_kernel_fallback_total", kind: .counter, labels: [.model, .version], source: .worker,
        meaning:
            "Rows of text models that ran on ONNX Runtime because the fused kernel does not know their graph; `/models` says why."
    )
    package static let batchRows = Metric(
        name: "sibyl_batch_rows", kind: .histogram, labels: [], source: .worker, meaning: "Rows of one claim.")
    package static let stageDuration = Metric(
        name: "sibyl_stage_duration_seconds", kind: .histogram, labels: [.stage], source: .worker,
        meaning:
            "Seconds of a claim's stages: `queue` (from its first task's acceptance to the claim), `input` (reading the stored rows), `infer` (one run of the model), `output` (encoding the results), `commit` (until they are on disk)."
    )
    package static let expiredLeases = Metric(
        name: "sibyl_lease_expired_total", kind: .counter, labels: [], source: .everyProcess,
        meaning: "Chunks that the keeper took from a process that died or hung.")
    package static let chunkRetries = Metric(
        name: "sibyl_chunk_retries_total", kind: .counter, labels: [], source: .everyProcess,
        meaning: "Chunks that run again because a run with them failed.")

    // MARK: Storage

    package static let groupCommitSize = Metric(
        name: "sibyl_group_commit_size", kind: .histogram, labels: [], source: .api,
        meaning: "Submissions and other writes that shared one commit.")
    package static let gateWait = Metric(
        name: "sibyl_write_gate_wait_seconds", kind: .histogram, labels: [], source: .everyProcess,
        meaning: "Seconds that a writer waited for its turn at the write gate.")
    package static let walBytes = Metric(
        name: "sibyl_wal_bytes", kind: .gauge, labels: [], source: .keeper,
        meaning: "Bytes of the database's write-ahead log.")

    package static let storedBytes = Metric(
        name: "sibyl_stored_bytes", kind: .gauge, labels: [], source: .keeper,
        meaning: "Bytes of the database that hold something; not shown for a server's database.")
    package static let maximumStoredBytes = Metric(
        name: "sibyl_stored_bytes_max", kind: .gauge, labels: [], source: .keeper,
        meaning:
            "The bound of `sibyl_stored_bytes`, at which submissions are refused; `+Inf` without `SIBYL_MAX_STORED_MB`."
    )
    package static let freeDiskBytes = Metric(
        name: "sibyl_disk_free_bytes", kind: .gauge, labels: [], source: .keeper,
        meaning:
            "Bytes of free disk beside the database; below 512 MiB submissions are refused. Not shown for a server's database."
    )

    // MARK: The whole service

    package static let keeper = Metric(
        name: "sibyl_keeper", kind: .gauge, labels: [], source: .everyProcess,
        meaning: "1 where this process is the elected keeper, else 0; over all processes of a database the sum is 1.")
    package static let queueRows = Metric(
        name: "sibyl_queue_rows", kind: .gauge, labels: [.model], source: .keeper,
        meaning: "Rows that are accepted and not yet done, those that run now included.")
    package static let maximumQueueRows = Metric(
        name: "sibyl_queue_rows_max", kind: .gauge, labels: [], source: .keeper,
        meaning: "The bound of `sibyl_queue_rows` over all models, at which submissions are refused.")
    package static let queueOldest = Metric(
        name: "sibyl_queue_oldest_seconds", kind: .gauge, labels: [.model], source: .keeper,
        meaning: "Age in seconds of the oldest task among the 256 chunks that are next in turn; 0 when none waits.")
    package static let strandedRows = Metric(
        name: "sibyl_queue_stranded_rows", kind: .gauge, labels: [.model], source: .keeper,
        meaning:
            "Rows that wait for a model version that no live worker serves; `sibyl stranded` fails them or runs them elsewhere."
    )
    package static let drain = Metric(
        name: "sibyl_drain_seconds", kind: .gauge, labels: [], source: .keeper,
        meaning:
            "Estimate of the seconds until all waiting rows are done; `+Inf` while rows wait that nothing can run: their model is paused, broken, served by no worker, or stopped after failures."
    )
    package static let modelServable = Metric(
        name: "sibyl_model_servable", kind: .gauge, labels: [.model, .version], source: .keeper,
        meaning:
            "1 when a live worker can run this version of a model, with the digest of the catalog, and it is neither "
            + "paused nor stopped after failures; else 0.")
    package static let workers = Metric(
        name: "sibyl_workers", kind: .gauge, labels: [], source: .keeper, meaning: "Live workers.")

    // MARK: The process

    package static let build = Metric(
        name: "sibyl_build_info", kind: .gauge, labels: [.process, .version, .sqlite], source: .everyProcess,
        meaning: "Always 1: what the process is, its version, and that of SQLite.")
    package static let unreadable = Metric(
        name: "sibyl_metrics_unreadable_total", kind: .counter, labels: [], source: .everyProcess,
        meaning:
            "Times that a group of metrics was left out because it could not be read, such as while the database was not to be had."
    )
    package static let residentMemory = Metric(
        name: "process_resident_memory_bytes", kind: .gauge, labels: [], source: .everyProcess,
        meaning: "Bytes of memory that the process holds.")
    package static let cpuSeconds = Metric(
        name: "process_cpu_seconds_total", kind: .counter, labels: [], source: .everyProcess,
        meaning: "Seconds of processor time, user and system.")
    package static let openDescriptors = Metric(
        name: "process_open_fds", kind: .gauge, labels: [], source: .everyProcess, meaning: "Open file descriptors.")
    package static let startTime = Metric(
        name: "process_start_time_seconds", kind: .gauge, labels: [], source: .everyProcess,
        meaning: "When the process began, in seconds since 1970.")

    /// Every metric.
    package static let all: [Metric] = [
        requests, requestDuration, connections, uploads, tasks, rows, inflightRows, kernelFallback, batchRows,
        stageDuration, expiredLeases, chunkRetries, groupCommitSize, gateWait, walBytes, storedBytes,
        maximumStoredBytes, freeDiskBytes, keeper, queueRows, maximumQueueRows, queueOldest, strandedRows, drain,
        modelServable, workers, build, unreadable, residentMemory, cpuSeconds, openDescriptors,
        startTime,
    ]
}
