/// The first schema.
///
/// A chunk's key is `task << 24 | position`: one integer that is the row's own address, sorts by task and then by
/// position, and is the same in the queue, the payloads and the results.
enum Migration1 {
    static let sql = tasks + queue + owners

    private static let tasks = """
        -- The versions of models that tasks were accepted for; `output` says how their results are read.
        CREATE TABLE model (
            key INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            digest TEXT NOT NULL,
            output TEXT NOT NULL,
            UNIQUE (name, version, digest)
        ) STRICT;

        -- A task of one row carries its input and its result itself.
        CREATE TABLE task (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
            owner TEXT NOT NULL DEFAULT 'local',
            name TEXT,
            model INTEGER NOT NULL REFERENCES model (key),
            priority TEXT NOT NULL CHECK (priority IN ('high', 'normal', 'low')),
            status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'completed_with_errors',
                'failed', 'cancelling', 'cancelled', 'expired')),
            input_state TEXT NOT NULL CHECK (input_state IN ('receiving', 'complete', 'broken')),
            input_bytes INTEGER NOT NULL CHECK (input_bytes >= 0),
            rows INTEGER NOT NULL CHECK (rows >= 0),
            succeeded INTEGER NOT NULL DEFAULT 0 CHECK (succeeded >= 0),
            failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
            chunks INTEGER NOT NULL CHECK (chunks >= 0),
            receiver INTEGER,
            failure TEXT,
            input BLOB,
            result BLOB,
            revision INTEGER NOT NULL DEFAULT 1,
            created_ms INTEGER NOT NULL,
            started_ms INTEGER,
            completed_ms INTEGER,
            results_until_ms INTEGER,
            swept_ms INTEGER,
            CHECK (succeeded + failed <= rows),
            CHECK ((input_state = 'receiving') = (receiver IS NOT NULL)),
            CHECK (status <> 'completed' OR succeeded = rows),
            CHECK ((status IN ('completed', 'completed_with_errors', 'failed', 'cancelled', 'expired'))
                = (completed_ms IS NOT NULL))
        ) STRICT;

        -- What the keeper sweeps next.
        CREATE INDEX task_results_until ON task (results_until_ms)
            WHERE results_until_ms IS NOT NULL;

        -- Uploads that may have lost their process.
        CREATE INDEX task_receiving ON task (receiver) WHERE receiver IS NOT NULL;

        CREATE TABLE payload (
            chunk INTEGER PRIMARY KEY,
            body BLOB NOT NULL
        ) STRICT;

        CREATE TABLE result (
            chunk INTEGER PRIMARY KEY,
            first_row INTEGER NOT NULL,
            rows INTEGER NOT NULL CHECK (rows > 0),
            body BLOB NOT NULL
        ) STRICT;

        """

    private static let queue = """
        -- The hot table: what may run now, or runs. Chunks leave it when they end.
        CREATE TABLE chunk (
            key INTEGER PRIMARY KEY,
            model INTEGER NOT NULL,
            rank INTEGER NOT NULL,
            first_row INTEGER NOT NULL,
            rows INTEGER NOT NULL CHECK (rows > 0),
            bytes INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('ready', 'leased')),
            owner INTEGER,
            token INTEGER,
            suspect INTEGER NOT NULL DEFAULT 0 CHECK (suspect IN (0, 1)),
            attempts INTEGER NOT NULL DEFAULT 0,
            crashes INTEGER NOT NULL DEFAULT 0,
            CHECK ((state = 'leased') = (owner IS NOT NULL AND token IS NOT NULL))
        ) STRICT;

        CREATE INDEX chunk_ready ON chunk (model, rank) WHERE state = 'ready';

        CREATE INDEX chunk_leased ON chunk (key, owner, rows) WHERE state = 'leased';

        -- What may not run yet, out of the way of every claim.
        CREATE TABLE parked (
            key INTEGER PRIMARY KEY,
            model INTEGER NOT NULL,
            rank INTEGER NOT NULL,
            first_row INTEGER NOT NULL,
            rows INTEGER NOT NULL CHECK (rows > 0),
            bytes INTEGER NOT NULL,
            suspect INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            crashes INTEGER NOT NULL,
            reason TEXT NOT NULL CHECK (reason IN ('backoff', 'held')),
            until_ms INTEGER
        ) STRICT;

        CREATE INDEX parked_until ON parked (until_ms) WHERE until_ms IS NOT NULL;

        -- Counts that are kept, never scanned.
        CREATE TABLE backlog (
            model INTEGER PRIMARY KEY,
            rows INTEGER NOT NULL CHECK (rows >= 0)
        ) STRICT;

        """

    private static let owners = """
        -- Written to see whether the disk takes it.
        CREATE TABLE probe (
            key INTEGER PRIMARY KEY CHECK (key = 1),
            count INTEGER NOT NULL
        ) STRICT;

        -- Processes that are alive, or were until the keeper saw that they are not.
        CREATE TABLE owner (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL CHECK (kind IN ('api', 'worker')),
            boot TEXT NOT NULL UNIQUE,
            pid INTEGER NOT NULL,
            beat INTEGER NOT NULL DEFAULT 0,
            started_ms INTEGER NOT NULL
        ) STRICT;

        -- The models that a worker has loaded, or could not load.
        CREATE TABLE owner_model (
            owner INTEGER NOT NULL REFERENCES owner (key) ON DELETE CASCADE,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            digest TEXT NOT NULL,
            broken TEXT,
            message TEXT,
            PRIMARY KEY (owner, name, version)
        ) STRICT, WITHOUT ROWID;
        """
}
