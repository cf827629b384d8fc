/// Holds every bound of the service, with its unit and its reason; nothing waits, grows or repeats without one.
package enum Limits {
    // MARK: Rows

    /// Unicode scalars of one text when its model names no bound: long reviews fit, documents do not.
    package static let textScalars = 1_000
    /// Bytes of one row as it stands in the input: a row is held in memory whole.
    package static let rowBytes = 1 << 20
    /// Bytes from one row's end to the next one's start, and those of a row over its bound: they are read without being
    /// held, but kept with the row in its chunk.
    package static let passedBytes = 8 << 20
    /// Bytes of a word that means true or false in a table.
    package static let booleanBytes = 64
    /// Different row ids whose every repeat is found: their table takes 2 MiB.
    package static let rememberedIDs = 196_608
    /// Bytes of a table that are held to find out how it is written: some hundred rows, and what fits a cache.
    package static let sniffedBytes = 64 << 10
    /// Inputs of a model, and numbers of its answer: the widest tables that people train on have some thousand columns.
    package static let modelInputs = 4_096
    /// Names of character sets whose layout is remembered: more than any group of callers uses.
    package static let probedCharacterSets = 64
    /// Columns of a CSV header or members of a JSON row: those of the widest model, and as many that it does not read.
    package static let rowFields = 8_192
    /// Characters of one number: no double needs more than 770 digits, and reading them costs time.
    package static let numberBytes = 1_024
    /// Levels of nested arrays and objects in JSON: the scanner's stack.
    package static let jsonDepth = 32
    /// Bad rows named in one answer: enough to find the cause, small enough to read.
    package static let reportedFaults = 100
    /// Bytes of a caller's own row id.
    package static let rowIDBytes = 256
    /// Names of columns, inputs or fields listed in one message: enough to see the slip.
    package static let listedNames = 20
    /// Bytes of one of these names.
    package static let listedNameBytes = 64
    /// Strings of a task's metadata.
    package static let metadataStrings = 16
    /// Bytes of one metadata name or value.
    package static let metadataBytes = 512

    // MARK: Requests

    /// Bytes of a request line with its headers: what browsers and proxies send stays below 16 kB.
    package static let headerBytes = 32 << 10
    /// Maximum headers of a request: the library keeps some 60 bytes for each beside its text, in memory that is set aside.
    package static let headerFields = 256
    /// Maximum bytes of the line that says how long a chunk of a body is: no client writes extensions behind it.
    package static let chunkLineBytes = 1 << 10
    /// Bytes of a JSON body: it is held whole, because the model may be named after the rows.
    package static let jsonBodyBytes = 8 << 20
    /// A body up to which its handler runs on the connection's own thread: it is parsed in some microseconds.
    package static let promptBodyBytes = 4 << 10
    /// Bytes of a body that always find room: what a few rows need.
    package static let smallBodyBytes = 64 << 10
    /// Bytes that all bodies of a process that are held whole may have beyond these; more are answered 503.
    package static let wholeBodyBytes = 64 << 20
    /// Bytes of a streamed body (CSV, NDJSON) after decompression.
    package static let streamBodyBytes = 16 << 30
    /// Bytes of a body that are still read and thrown away so that the answer can be sent: see libmicrohttpd.
    package static let discardedBodyBytes = 16 << 20
    /// Bytes of a body that wait between the connection and its reader before the connection pauses.
    package static let bodyBufferBytes = 256 << 10
    /// Maximum bytes of the headers of a form's part with its file name, of the text before the first part, and of the text
    /// behind the last.
    package static let formHeadBytes = 16 << 10
    /// Maximum bytes of a form's boundary: RFC 2046, section 5.1.1.
    package static let formBoundaryBytes = 70
    /// Maximum spaces between a form's boundary and the end of its line; behind more of them the line is content.
    package static let formPaddingBytes = 64
    /// Streams that one process reads at a time: each holds some 6 MB, and as much again while
    /// it is written; more are answered 503.
    package static let uploads = 64
    /// Rows of one JSON batch.
    package static let jsonRows = 100_000
    /// Rows that a dry run predicts.
    package static let sampleRows = 10
    /// Rows of one synchronous batch.
    package static let synchronousRows = 100
    /// Results on one page.
    package static let pageRows = 10_000
    /// Bytes of an answer that a client keeps in memory: a page of results with room to spare.
    package static let clientAnswerBytes = 64 << 20
    /// Bytes a second, averaged over the idle time, that a sender must send of a body, and a reader must take of an answer
    /// that is ready: a trickle does not hold a connection and its memory for ever.
    package static let minimumRate = 1 << 10
    /// Bytes a second below which a sender or a reader loses its share of memory, or its place, when others want it: far
    /// below what a telephone does.
    package static let crowdedRate = 16 << 10
    /// How long it must have been so slow, and how long a refused caller counts as waiting.
    package static let crowdedGrace = Duration.seconds(2)
    /// Bytes of an answer that always find room: a page of a few hundred results.
    package static let smallAnswerBytes = 64 << 10
    /// Bytes that all answers of a process that are on their way may have beyond these; more are answered 503.
    package static let answerBytes = 64 << 20
    /// How long a stream waits for room for its next part when there is none, before it is cut.
    package static let answerWait = Duration.seconds(10)
    /// How often it looks again.
    package static let answerPoll = Duration.milliseconds(50)
    /// Bytes of an answer that wait in the kernel beside those under way, so that a reader who stops cannot fill it.
    package static let unsentBytes: Int32 = 128 << 10
    /// Large pages of results that a process reads and writes out at a time: each takes some 3 MB meanwhile.
    package static let largePages = 32
    /// Results on a page from which on it counts as large.
    package static let largePageRows = 1_000
    /// Bytes of results and records that a page takes in memory, as they are used; the last chunk on it may exceed them.
    package static let pageBytes = 8 << 20
    /// Chunks whose sizes are looked at together before a page is read: a page of usual chunks has a few.
    package static let pageChunks = 64
    /// Results that a stream reads at a time while its reader is slow or memory is scarce: some ten kilobytes.
    package static let fewStreamedRows = 256
    /// Bytes of what stands before the names of added columns.
    package static let prefixBytes = 64
    /// Tasks on a page of a list.
    package static let pageTasks = 1_000
    /// Tasks that one page of a filtered list goes through, some ten milliseconds: the page then has a cursor to go on.
    package static let lookedTasks = 10_000
    /// Tasks that one statement finds by their ids: more of them are found in several.
    package static let foundTasks = 64
    /// How long a look at the queue is believed: an estimate needs nothing newer, and reading it at each request costs.
    package static let forecastLook = Duration.milliseconds(500)
    /// How old a look may be that refuses a prediction because its model is paused: as many callers as ask share one.
    package static let refusingLook = Duration.milliseconds(50)
    /// Chunks that one look for tasks without a worker reads: some milliseconds.
    package static let strandedChunks = 1_000
    /// Tasks without a worker that one request ends, a group in each transaction.
    package static let strandedTasks = 1_024
    /// Tasks whose dead rows one request runs again.
    package static let redrivenTasks = 100
    /// Retries, and retries of retries, that are read for one answer of results: the newest ones of a task.
    package static let readRetries = 64
    /// Tasks on a page when the caller names no limit.
    package static let defaultPageTasks = 50
    /// Results on a page when the caller names no limit.
    package static let defaultPageRows = 100
    /// Open connections at a worker's own door: a few that scrape and supervise.
    package static let doorConnections = 32
    /// Open connections of one process; when more come, those that rest between two requests are given up.
    package static let connections = 1_024
    /// Files and sockets that a process has open beside its connections.
    package static let otherFiles = 128
    /// Connections that a process holds at least.
    package static let leastConnections = 16
    /// Idle time of a connection: between requests, up to the next one's first line, and within a body.
    package static let connectionIdle = Duration.seconds(30)
    /// Time from a connection's start, or a request's first line, to the end of its header.
    package static let headerDeadline = Duration.seconds(10)
    /// How long a connection may owe a request's head while others wait to be let in.
    package static let crowdedHead = Duration.seconds(1)
    /// Bytes from which on an answer is compressed: below it the header costs more than it saves.
    package static let compressedAnswerBytes = 1_024
    /// Bytes of a caller's `X-Request-ID`; longer ones are replaced.
    package static let requestIDBytes = 128
    /// Bytes of an `Idempotency-Key`.
    package static let idempotencyKeyBytes = 255
    /// Bytes of what a task says of the input that was refused.
    package static let refusalBytes = 2_048
    /// Bytes of a task's name.
    package static let taskNameBytes = 256

    // MARK: Queue and store

    /// Rows of one chunk: about a quarter of a second of the slowest shipped model, a small share of a batch.
    package static let chunkRows = 4_096
    /// Rows of one chunk of a model of which nobody knows yet what a row costs: most models run them in some milliseconds.
    package static let untriedChunkRows = 1_024
    /// Bytes of one chunk's columns: the unit of memory, of a transaction and of loss.
    package static let chunkBytes = 1 << 20
    /// Bytes of one chunk's records as they came: wide tables have far more of them than of columns.
    package static let chunkRecordBytes = 4 << 20
    /// Bytes of a submission that goes through the small lane of the group commit.
    package static let smallSubmissionBytes = 256 << 10
    /// Chunks of a stream in one transaction: some milliseconds at the gate, where chunks have a row or two.
    package static let appendedChunks = 128
    /// Bytes of submissions in one bulk transaction.
    package static let bulkTransactionBytes = 1 << 20
    /// Submissions in one group commit: bounds the time the gate is held.
    package static let groupCommitSubmissions = 512
    /// Submissions waiting for a group commit in one process; more are answered 503.
    package static let waitingSubmissions = 4_096
    /// The part of a process's connections, one in so many, that may wait for a task: others must get in.
    package static let followingPart = 2
    /// Reads that wait for a reading thread of a process; more are answered 503.
    package static let waitingReads = 1_024
    /// Threads of a process that read for its requests: one that a slow read holds up leaves the others.
    package static let readingThreads = 4
    /// How long a read waits for one of them before it is answered 503: a server that does not answer holds all of them.
    package static let readWait = Duration.seconds(5)
    /// How long `/ready` waits for its trial write: those who supervise ask again within seconds.
    package static let probeWait = Duration.seconds(2)
    /// Rows waiting in the queue; more are answered 503.
    package static let waitingRows = 50_000_000
    /// How long a writer waits for its turn at the write gate before it is answered 503.
    package static let gateWait = Duration.seconds(5)
    /// How long a connection waits for a lock of SQLite's own, which nobody holds for more than a moment.
    package static let lockWait = Duration.seconds(5)
    /// How long a stopped process may hold the write gate before `up`, which started it, kills it: nobody's wait ends
    /// before.
    package static let stoppedHolder = Duration.seconds(2)
    /// How often `up` looks for one.
    package static let stoppedHolderPoll = Duration.milliseconds(500)
    /// Bytes of the write-ahead log from which on the keeper checkpoints: small steps, short waits for others.
    package static let checkpointBytes = 2 << 20
    /// Bytes of the write-ahead log from which on a checkpoint waits for readers that are in its way.
    package static let crowdedLogBytes = 32 << 20
    /// Times that such a checkpoint tries, a millisecond apart: writers wait so long at most.
    package static let checkpointTries = 25
    /// Bytes of the log's file that are kept for what comes when the log begins anew: the rest goes back to the disk.
    package static let logKeptBytes = 16 << 20
    /// Bytes of the write-ahead log from which on uploads pause.
    package static let logBytes = 64 << 20
    /// How often an upload that waits for a full log looks again.
    package static let uploadPoll = Duration.milliseconds(50)
    /// How long an upload waits for a full log, or for room, before it is refused.
    package static let uploadWait = Duration.seconds(30)
    /// How long a broken upload may go on, and one that has not begun may begin.
    package static let uploadIdle = Duration.seconds(24 * 3_600)
    /// How often the end of an upload that broke is written again while the database cannot be written.
    package static let abandonPause = Duration.seconds(1)
    /// Tasks deleted by the keeper in one transaction.
    package static let sweptTasks = 64
    /// Idempotency keys deleted by the keeper in one transaction.
    package static let sweptKeys = 1_000
    /// Chunks whose rows or results are deleted in one transaction: some ten MB, a few milliseconds at the gate.
    package static let sweptChunks = 32
    /// Parked chunks that are made ready in one transaction.
    package static let promotedChunks = 256
    /// Free pages of the database that are given back in one transaction: 2 MB of the log.
    package static let releasedPages = 512
    /// Pages of the database that a backup copies between two looks at the log: 4 MB.
    package static let copiedPages = 1_024
    /// Bytes of the write-ahead log at which a backup's or a check's long read ends, so that the log can be cut.
    package static let copyLogBytes = 512 << 20
    /// Times that a backup begins before it gives up.
    package static let copyAttempts = 3
    /// Polls of the log between two of them: ten seconds.
    package static let copyPauses = 200
    /// Bytes of a model's file that a backup holds at a time.
    package static let archivedPieceBytes = 1 << 20
    /// Chunks whose stored bytes a check reads in one transaction: it holds them one at a time.
    package static let checkedBlobs = 64
    /// Bytes of rows that a move to another database copies in one transaction; a row more than that at the most.
    package static let movedBytes = 4 << 20
    /// Rows of a table without blobs that a move reads, and copies, at a time.
    package static let movedRows = 1_000
    /// Rows that a move writes in one statement.
    package static let movedGroup = 50
    /// MiB that each sort or list of a server may take while a move looks at what it copied.
    package static let movedLookMegabytes = 256
    /// Bytes of free disk below which the service is in danger.
    package static let freeDiskBytes: Int64 = 512 << 20
    /// Bytes of free disk below which the service warns: as much again as the danger begins with.
    package static let lowDiskBytes: Int64 = 1_024 << 20
    /// Percent of a bound from which on the service says that it will be reached: a submission takes more than one row.
    package static let nearlyFullPercent = 95
    /// How long a look at the free disk is believed: each submission asks, and no disk loses those bytes in that time.
    package static let freeDiskAge = Duration.milliseconds(50)
    /// How long a transaction may stand still before a server ends it: its process was stopped, and nobody's wait for the
    /// locks that it holds, which is the one at the gate, ends before.
    package static let standingTransaction = Duration.seconds(4)
    /// How long a statement may take on a server.
    package static let statementTime = Duration.seconds(60)
    /// How long a statement of a move, or of a look at a whole database, may take on a server.
    package static let longStatementTime = Duration.seconds(24 * 3_600)
    /// How much longer than its statement a server's answer may take on its way, before the connection is given up.
    package static let answerMargin = Duration.seconds(15)
    /// Times that a transaction runs that a server undid for another's sake.
    package static let undoneAttempts = 5
    /// Looks of the keeper, one each rescue poll, in which a process's connection must be gone before it is taken for dead.
    package static let absences = 10
    /// Statements that are sent to a server before the first answer is read: what both sides' buffers hold.
    package static let pipelinedStatements = 64
    /// Keys of tasks that a connection to a server takes at a time: as many as a group of submissions, mostly, has.
    package static let keysInAdvance = 32
    /// Prepared statements of a connection to a server: one for each list of parameter types.
    package static let preparedVariants = 512
    /// Prepared statements kept by a connection.
    package static let preparedStatements = 128
    /// Connections kept for reading in one process.
    package static let readers = 8

    // MARK: Worker

    /// Rows of a chunk that runs without larger ones: a handful, for which somebody waits.
    package static let smallChunkRows = 64
    /// How long a worker leaves a small chunk to one that runs small chunks already, before it knows what such a run takes.
    package static let smallWorkPatience = Duration.milliseconds(5)
    /// The longest that it does so.
    package static let longestPatience = Duration.milliseconds(40)
    /// Chunks in one claim.
    package static let claimedChunks = 256
    /// Times that a claim looks again, a millisecond apart, when others lock all that waits.
    package static let claimTries = 20
    /// Bytes of the payloads in one claim: the worker's memory.
    package static let claimedBytes = 4 << 20
    /// Rows of text in one run on ONNX Runtime, which takes some 80 µs for each.
    package static let textRunRows = 512
    /// How long a run should take while nobody with a handful of rows came lately: the wait of the first one who does.
    package static let runTime = Duration.milliseconds(40)
    /// How long a run should take beside such rows, and how long one of a chunk alone takes: their wait.
    package static let sharedRunTime = Duration.milliseconds(10)
    /// How long a worker remembers that a handful of rows came.
    package static let sharedTime = Duration.seconds(1)
    /// How long a worker rests before it gives freed memory back.
    package static let memoryRest = Duration.milliseconds(100)
    /// How long it does not do so again: to get the memory anew costs more than it did.
    package static let memoryPause = Duration.seconds(5)
    /// Rows in one run.
    package static let runRows = 4_096
    /// Maximum of a graph's own fixed number of rows: one row costs as much as all of them.
    package static let fixedBatchRows = 1_024
    /// Bytes of a file of golden rows, which an import holds in memory.
    package static let goldenFileBytes = 64 << 20
    /// Rows of that file: some seconds of ONNX Runtime.
    package static let goldenFileRows = 100_000
    /// Golden rows of that file that are kept in the manifest: each worker runs them when it loads the model.
    package static let keptGoldenRows = 100
    /// Bytes of these rows together, each as JSON: a manifest of at most 4 MiB has room for them.
    package static let keptGoldenBytes = 1 << 20
    /// Deaths of a worker in which a chunk may be involved, running alone, before its rows are failed: some six find a row
    /// among 4,096.
    package static let crashes = 40
    /// Rows of a chunk that may fail one by one before the model itself is to blame.
    package static let failingRows = 64
    /// Runs of a model version that may fail one after the other before nothing of it runs for a while.
    package static let breakerFailures = 5
    /// How long nothing runs then; doubled each time that the try after it fails.
    package static let breakerPause = Duration.seconds(5)
    /// The longest of these pauses.
    package static let breakerLongestPause = Duration.seconds(120)
    /// How long a run that was told to stop may take to do so before its process ends.
    package static let terminationGrace = Duration.seconds(3)
    /// Runs of a chunk that ended in an error before its rows are failed.
    package static let attempts = 4
    /// The longest pause before a chunk is tried again.
    package static let backoff = Duration.seconds(60)

    // MARK: Time

    /// How long a worker's beat may stand still before its chunks are given to another.
    package static let lease = Duration.seconds(15)
    /// How often the keeper looks for dead workers.
    package static let rescuePoll = Duration.milliseconds(100)
    /// The same while nothing is written: what died then held little, and each look wakes a core.
    package static let quietRescuePoll = Duration.milliseconds(300)
    /// How often a process that is not the keeper looks whether the keeper has died; it rescues at once then.
    package static let electionPoll = Duration.milliseconds(300)
    /// How long a keeper's beat may stand still before another is elected: three beats.
    package static let keeperStandstill = Duration.seconds(6)
    /// By how much the wall clock must go wrong between two looks of the keeper to count as having been set.
    package static let clockJump = Duration.seconds(5)
    /// How often a trouble that lasts is told in the log again.
    package static let toldTrouble = Duration.seconds(60)
    /// How long a process without a door for metrics waits when it begins, before it may become the keeper: the keeper
    /// shows the state of the service.
    package static let unseenKeeperPause = Duration.seconds(1)
    /// How long a worker sleeps when no doorbell rings.
    package static let safetyPoll = Duration.milliseconds(500)
    /// The same for who is woken inside its own process, where no wake-up is lost.
    package static let restPoll = Duration.seconds(10)
    /// How long a worker that can serve no model stays to say so, before it fails and is started again.
    package static let brokenWorkerPause = Duration.seconds(20)
    /// Memory that a model's trial may take, in MiB: a quarter more than the largest text model measured.
    package static let trialMegabytes = 4_096
    /// Address space beyond that, in MiB: mapped libraries and reserved stacks, which take no memory.
    package static let trialSpareMegabytes = 1_024
    /// Time that a model's trial may take: a model of 2 GB loads in a third of it.
    package static let trialDeadline = Duration.seconds(60)
    /// Time that it may take at most, whatever the setting says.
    package static let longestTrial = Duration.seconds(3_600)
    /// Time that each untried model gets before any of them gets all of its time, so that one that hangs does not keep the
    /// others waiting: most models load in less than a second.
    package static let shortTrial = Duration.seconds(5)
    /// How long after that the process of a trial ends by itself, when its starter does not end it.
    package static let trialGrace = Duration.seconds(5)
    /// Open files of a model's trial: the library, its configuration and the model's own files.
    package static let trialFiles = 64
    /// Bytes of what a trial answers, and of what it says beside it.
    package static let trialAnswerBytes = 16 << 10
    /// Characters of a reason that a trial gives: the library quotes names from the model's file.
    package static let trialReasonCharacters = 1_000
    /// How long a model that passed its trial is trusted.
    package static let goodVerdictLife = Duration.seconds(30 * 24 * 3_600)
    /// How long after a failed trial a model is tried again: the machine may have had no memory at that moment.
    package static let brokenVerdictLife = Duration.seconds(600)
    /// How long a model counts as broken that was refused with a reason, so that a worker that is started again sees what
    /// was mended: no longer than ``brokenWorkerPause``.
    package static let refusedVerdictLife = Duration.seconds(20)
    /// How often a worker asks whether a model that another process tries has passed.
    package static let verdictPoll = Duration.milliseconds(200)
    /// Bytes of a word that texts are generated of: a file's only word may be megabytes long.
    package static let generatedWordBytes = 256
    /// How long a worker waits before it tries again what could not be tried at all.
    package static let trialPause = Duration.seconds(5)
    /// How long requests in flight may take when a server stops.
    package static let drainDeadline = Duration.seconds(12)
    /// How long a stopping process finishes what it holds.
    package static let stopDeadline = Duration.seconds(20)
    /// How long a submission waits for its answer when the caller prefers that, at most.
    package static let preferredWait = Duration.seconds(60)
    /// How long a synchronous prediction waits for its answer.
    package static let synchronousWait = Duration.seconds(10)
    /// How soon after one look the followed tasks are looked at again while they change: a table of a few rows has its
    /// results within some of these.
    package static let changePoll = Duration.milliseconds(5)
    /// How often they are looked at while none changes.
    package static let restingPoll = Duration.milliseconds(100)
    /// How long a follower of a task waits for a change before it looks itself.
    package static let followWait = Duration.seconds(15)
    /// How long a client tries again without getting further: a service that is started again is back by then.
    package static let clientRetry = Duration.seconds(120)
    /// How long an upload may stand still before its client breaks it off and goes on anew: longer than the service
    /// pauses one.
    package static let clientStall = Duration.seconds(60)
    /// How long a client's question about a task is held at once.
    package static let clientWait = Duration.seconds(25)
    /// How long a repeated submission is recognised by its key.
    package static let idempotency = Duration.seconds(24 * 3_600)
    /// The longest deadline of a task.
    package static let deadline = Duration.seconds(30 * 24 * 3_600)
    /// The longest time that a caller may have results kept.
    package static let keepFor = Duration.seconds(366 * 24 * 3_600)
    /// How long results are kept after a task ended.
    package static let retention = Duration.seconds(168 * 3_600)
    /// How long the record of a task with many rows is kept after its rows are gone, from its end.
    package static let records = Duration.seconds(365 * 24 * 3_600)
}
