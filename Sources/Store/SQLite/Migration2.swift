/// What the life of a task needs: lists by owner, and tasks that are being stopped.
enum Migration2 {
    static let sql = """
        -- Lists, newest first.
        CREATE INDEX task_owner ON task (owner, id);

        -- What the keeper stops next.
        CREATE INDEX task_cancelling ON task (key) WHERE status = 'cancelling';

        -- The keys under which callers may repeat a submission. Without a fingerprint the submission still runs.
        CREATE TABLE idempotency (
            owner TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint BLOB CHECK (length(fingerprint) = 32),
            task INTEGER NOT NULL,
            created_ms INTEGER NOT NULL,
            PRIMARY KEY (owner, key)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX idempotency_task ON idempotency (task);
        CREATE INDEX idempotency_created ON idempotency (created_ms);
        """
}
