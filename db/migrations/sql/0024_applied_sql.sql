-- Which texts of db/sql the database suits (db/sql_source.py): the newest row is the text that it has, earlier rows are
-- texts of which nothing was dropped since. Processes look for their own hash when they start.
CREATE TABLE applied_sql (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hash       text NOT NULL,
    -- What the text defines, as DROP names it: FUNCTION f(uuid), VIEW v, TRIGGER t ON table.
    objects    text[] NOT NULL,
    -- A checksum of those objects as Postgres showed them right afterwards: a change by hand is found by it.
    catalog    text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT applied_sql_hash_key UNIQUE (hash)
);
GRANT SELECT ON applied_sql TO cadenza_app;
