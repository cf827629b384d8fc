/// What failure handling and fair order need: what is known of rows that kill, models that may not run, dead rows,
/// the order between callers, and events that must be told.
enum Migration4 {
    static let sql = chunks + models + tasks + order

    private static let chunks = """
        -- The rows of a chunk that run now, on their own, so that a death tells on them.
        ALTER TABLE chunk ADD COLUMN test_from INTEGER;
        ALTER TABLE chunk ADD COLUMN test_rows INTEGER;
        -- Rows among which at least one kills its worker.
        ALTER TABLE chunk ADD COLUMN bad_from INTEGER;
        ALTER TABLE chunk ADD COLUMN bad_rows INTEGER;
        -- Rows that killed a worker alone, as numbers with commas between.
        ALTER TABLE chunk ADD COLUMN poison TEXT;
        ALTER TABLE parked ADD COLUMN bad_from INTEGER;
        ALTER TABLE parked ADD COLUMN bad_rows INTEGER;
        ALTER TABLE parked ADD COLUMN poison TEXT;

        """

    private static let models = """
        -- Models whose rows wait until somebody lets them run again; the empty name stands for all.
        CREATE TABLE pause (
            model TEXT PRIMARY KEY,
            since_ms INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- Model versions whose runs failed lately: how often in a row, and until when nothing of them runs.
        CREATE TABLE breaker (
            model INTEGER PRIMARY KEY,
            failures INTEGER NOT NULL,
            opened INTEGER NOT NULL DEFAULT 0,
            open_until_ms INTEGER
        ) STRICT;

        """

    private static let tasks = """
        -- Rows that were right, failed for good and have not been run again.
        ALTER TABLE task ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX task_dead ON task (owner, id) WHERE dead > 0;

        -- Whom to tell of the task's end.
        ALTER TABLE task ADD COLUMN webhook TEXT;
        CREATE TABLE outbox (
            key INTEGER PRIMARY KEY AUTOINCREMENT,
            task INTEGER NOT NULL,
            event TEXT NOT NULL,
            created_ms INTEGER NOT NULL
        ) STRICT;

        -- In the transaction in which a task ends, however it ends.
        CREATE TRIGGER task_ended AFTER UPDATE OF completed_ms ON task
        WHEN NEW.completed_ms IS NOT NULL AND OLD.completed_ms IS NULL AND NEW.webhook IS NOT NULL
        BEGIN
            INSERT INTO outbox (task, event, created_ms) VALUES (NEW.key, 'task.' || NEW.status, NEW.completed_ms);
        END;

        """

    private static let order = """
        -- Start-time fair queueing: how far the order has come, and where each caller's next task starts.
        CREATE TABLE virtual_time (
            key INTEGER PRIMARY KEY CHECK (key = 1),
            now INTEGER NOT NULL
        ) STRICT;
        INSERT INTO virtual_time (key, now) VALUES (1, 0);

        CREATE TABLE flow (
            owner TEXT NOT NULL,
            priority TEXT NOT NULL,
            next INTEGER NOT NULL,
            PRIMARY KEY (owner, priority)
        ) STRICT, WITHOUT ROWID;

        -- Ranks were moments; from now on they are distances from where the order stands.
        UPDATE parked SET rank = rank - (SELECT min(rank) FROM (SELECT rank FROM chunk UNION ALL SELECT rank FROM parked));
        UPDATE chunk SET rank = rank - (SELECT min(rank) FROM chunk);
        """
}
