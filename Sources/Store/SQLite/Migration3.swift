/// What marketing batches need: inputs that are kept, uploads that go on after a break, deadlines, and runs that start
/// later.
enum Migration3 {
    static let sql = """
        -- 'sync' tasks were answered in their own request, and are listed only when asked for.
        ALTER TABLE task ADD COLUMN source TEXT NOT NULL DEFAULT 'async' CHECK (source IN ('async', 'sync'));
        -- A JSON object of strings.
        ALTER TABLE task ADD COLUMN metadata TEXT;
        ALTER TABLE task ADD COLUMN deadline_ms INTEGER;
        -- How long results are kept after the end, where the caller said so.
        ALTER TABLE task ADD COLUMN keep_ms INTEGER;
        -- What is kept of the input after it was scored: its typed columns, or the caller's own records.
        ALTER TABLE task ADD COLUMN kept TEXT NOT NULL DEFAULT 'none' CHECK (kept IN ('none', 'columns', 'records'));
        -- What a task that is being stopped ends in.
        ALTER TABLE task ADD COLUMN stop TEXT CHECK (stop IN ('cancelled', 'expired', 'failed'));
        -- The task whose rows this one runs again, and why.
        ALTER TABLE task ADD COLUMN parent INTEGER;
        ALTER TABLE task ADD COLUMN relation TEXT CHECK (relation IN ('retry', 'rerun'));

        DROP INDEX task_owner;
        CREATE INDEX task_listed ON task (owner, source, id);
        CREATE INDEX task_deadline ON task (deadline_ms) WHERE deadline_ms IS NOT NULL AND completed_ms IS NULL;
        CREATE INDEX task_parent ON task (parent) WHERE parent IS NOT NULL;

        -- How a stream is read: one row for each task whose rows came, or come, as CSV or NDJSON. The texts are JSON
        -- of those who read the stream.
        CREATE TABLE input (
            task INTEGER PRIMARY KEY,
            media_type TEXT,
            options TEXT NOT NULL,
            format TEXT,
            resumption TEXT,
            warnings TEXT,
            faults TEXT,
            header BLOB,
            tail BLOB,
            -- Until when a broken upload may go on; NULL for one that may not, and for one that is whole.
            idle_until_ms INTEGER
        ) STRICT;

        CREATE INDEX input_idle ON input (idle_until_ms) WHERE idle_until_ms IS NOT NULL;

        -- The caller's own records, a chunk each.
        CREATE TABLE record (
            chunk INTEGER PRIMARY KEY,
            body BLOB NOT NULL
        ) STRICT;

        -- What a row of a model was seen to cost a worker, in microseconds.
        ALTER TABLE backlog ADD COLUMN cost_us REAL;
        """
}
