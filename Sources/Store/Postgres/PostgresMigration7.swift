/// Schema 7 as PostgreSQL has it: see ``Migration7``.
enum PostgresMigration7 {
    static let sql = """
        CREATE TABLE model_order (model BIGINT PRIMARY KEY, now BIGINT NOT NULL, shift BIGINT NOT NULL)
            WITH (fillfactor = 50);
        INSERT INTO model_order (model, now, shift) SELECT key, (SELECT now FROM virtual_time), 0 FROM model;
        DROP TABLE virtual_time;

        DROP TABLE flow;
        CREATE TABLE flow (
            owner TEXT NOT NULL,
            priority TEXT NOT NULL,
            model BIGINT NOT NULL,
            next BIGINT NOT NULL,
            PRIMARY KEY (owner, priority, model)
        ) WITH (fillfactor = 50);

        CREATE TABLE keeper (
            key BIGINT PRIMARY KEY CHECK (key = 1),
            term BIGINT NOT NULL,
            boot TEXT NOT NULL,
            beat BIGINT NOT NULL,
            time_ms BIGINT NOT NULL
        );

        CREATE INDEX task_record ON task (completed_ms) WHERE swept_ms IS NOT NULL AND results_until_ms IS NULL;

        -- Pauses, of which a clock that was set back makes some too long.
        CREATE INDEX parked_backoff ON parked (until_ms) WHERE reason = 'backoff';

        -- What the rank of a held chunk was shifted by since its upload: the chunks of a task keep their distances.
        ALTER TABLE parked ADD COLUMN shift BIGINT NOT NULL DEFAULT 0;

        -- What the sender of a task's input was told when it was refused.
        ALTER TABLE task ADD COLUMN refusal TEXT;

        -- The key of the last task, where that task was deleted: no key is given twice.
        CREATE TABLE last_task (
            key BIGINT PRIMARY KEY CHECK (key = 1),
            last BIGINT NOT NULL
        );

        -- What came of the trials of models. A trial that goes on has its process; whatever is past its time counts no more.
        CREATE TABLE verdict (
            digest TEXT NOT NULL,
            conditions TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('trying', 'good', 'broken')),
            boot TEXT NOT NULL,
            code TEXT,
            message TEXT,
            until_ms BIGINT NOT NULL,
            PRIMARY KEY (digest, conditions),
            CHECK ((state = 'broken') = (code IS NOT NULL AND message IS NOT NULL))
        );
        """
}
