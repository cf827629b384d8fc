/// An order for each model, a keeper that holds a term, and an end for records without rows.
enum Migration7 {
    static let sql = """
        -- How far each model's order has come, and how far it lies behind the order of all: a place in the order of all is
        -- a rank and its model's shift.
        CREATE TABLE model_order (
            model INTEGER PRIMARY KEY,
            now INTEGER NOT NULL,
            shift INTEGER NOT NULL
        ) STRICT;
        INSERT INTO model_order (model, now, shift) SELECT key, (SELECT now FROM virtual_time), 0 FROM model;
        DROP TABLE virtual_time;

        -- Where the next task starts that a caller brings to a model.
        DROP TABLE flow;
        CREATE TABLE flow (
            owner TEXT NOT NULL,
            priority TEXT NOT NULL,
            model INTEGER NOT NULL,
            next INTEGER NOT NULL,
            PRIMARY KEY (owner, priority, model)
        ) STRICT, WITHOUT ROWID;

        -- The process that keeps house, and the time that it goes by.
        CREATE TABLE keeper (
            key INTEGER PRIMARY KEY CHECK (key = 1),
            term INTEGER NOT NULL,
            boot TEXT NOT NULL,
            beat INTEGER NOT NULL,
            time_ms INTEGER NOT NULL
        ) STRICT;

        -- Records whose rows are gone.
        CREATE INDEX task_record ON task (completed_ms) WHERE swept_ms IS NOT NULL AND results_until_ms IS NULL;

        -- Pauses, of which a clock that was set back makes some too long.
        CREATE INDEX parked_backoff ON parked (until_ms) WHERE reason = 'backoff';

        -- What the rank of a held chunk was shifted by since its upload: the chunks of a task keep their distances.
        ALTER TABLE parked ADD COLUMN shift INTEGER NOT NULL DEFAULT 0;

        -- What the sender of a task's input was told when it was refused.
        ALTER TABLE task ADD COLUMN refusal TEXT;

        -- The key of the last task, where that task was deleted: no key is given twice.
        CREATE TABLE last_task (
            key INTEGER PRIMARY KEY CHECK (key = 1),
            last INTEGER NOT NULL
        ) STRICT;

        -- What came of the trials of models. A trial that goes on has its process; whatever is past its time counts no more.
        CREATE TABLE verdict (
            digest TEXT NOT NULL,
            conditions TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('trying', 'good', 'broken')),
            boot TEXT NOT NULL,
            code TEXT,
            message TEXT,
            until_ms INTEGER NOT NULL,
            PRIMARY KEY (digest, conditions),
            CHECK ((state = 'broken') = (code IS NOT NULL AND message IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        """
}
