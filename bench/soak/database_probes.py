"""Triggers and queries in the database: the lag of each step, and the messages released before an enrollment
stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench.reply_latency import STOP_TRIGGER

STEP_TRIGGER = """
CREATE UNLOGGED TABLE bench_lag (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lag_s real NOT NULL);
GRANT INSERT ON bench_lag TO cadenza_app;
CREATE FUNCTION bench_note_lag() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench_lag (lag_s) VALUES (extract(epoch FROM clock_timestamp() - OLD.next_action_at));
    RETURN NULL;
END $$;
CREATE TRIGGER bench_note_lag AFTER UPDATE ON lead_sequence_state FOR EACH ROW
    WHEN (NEW.steps_completed > OLD.steps_completed AND OLD.next_action_at IS NOT NULL)
    EXECUTE FUNCTION bench_note_lag();
"""
"""Records a step's lag: from its due time until its result is committed."""

ENROLLMENT_COUNTS = """
SELECT count(*) FILTER (WHERE ended_at IS NULL AND sequence_id <> ALL ($1)) AS live,
       count(*) FILTER (WHERE ended_at IS NOT NULL) AS finished,
       count(*) FILTER (WHERE status = 'failed') AS failed,
       count(*) FILTER (WHERE status IN ('pending', 'active') AND next_action_at < now() - interval '10 s') AS overdue,
       (SELECT count(*) FROM outbox) AS outbox,
       coalesce((SELECT extract(epoch FROM now() - min(created_at)) FROM outbox), 0)::float8 AS outbox_age_s
  FROM lead_sequence_state
"""
SIZE = """
SELECT pg_database_size(current_database())
       - coalesce(sum(pg_total_relation_size(c.oid)) FILTER (WHERE c.relname LIKE 'bench\\_%' AND c.relkind = 'r'), 0)
  FROM pg_class c
"""
# Partitions are counted as their parent table.
ROWS = """
SELECT coalesce(parent.relname, t.relname) AS table,
       sum(t.n_live_tup)::bigint AS rows, sum(t.n_dead_tup)::bigint AS dead,
       sum(pg_total_relation_size(t.relid))::bigint AS bytes, sum(t.seq_scan)::bigint AS scans,
       sum(t.seq_tup_read)::bigint AS scanned
  FROM pg_stat_user_tables t
  LEFT JOIN pg_inherits i ON i.inhrelid = t.relid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
 WHERE t.relname NOT LIKE 'bench\\_%' GROUP BY 1 ORDER BY bytes DESC
"""
RELEASED_LATE = """
SELECT m.rfc_message_id FROM messages m JOIN bench_let_go g ON g.enrollment_id = m.enrollment_id
 WHERE NOT m.rfc_message_id = ANY (g.message_ids)
"""


@dataclass
class DatabaseProbes:
    """Uses a superuser's connection, which sees the rows of every tenant."""

    connection: asyncpg.Connection
    last_lag: int = 0

    async def install(self) -> None:
        for statement in (*STOP_TRIGGER, STEP_TRIGGER):
            await self.connection.execute(statement)

    async def lags_s(self) -> list[float]:
        """Returns the lags of the steps performed since the last call, in seconds."""
        rows = await self.connection.fetch("SELECT id, lag_s FROM bench_lag WHERE id > $1 ORDER BY id", self.last_lag)
        if rows:
            self.last_lag = rows[-1]["id"]
        return [row["lag_s"] for row in rows]

    async def enrollment_counts(self, asleep: list[Any]) -> dict[str, float]:
        """Returns counts of all enrollments. `live` are those that have not ended, except in the sequences `asleep`."""
        return dict(await self.connection.fetchrow(ENROLLMENT_COUNTS, asleep))

    async def database_bytes(self) -> int:
        """Returns the size of the database without the tables of the measurement."""
        return int(await self.connection.fetchval(SIZE))

    async def tables(self) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.connection.fetch(ROWS)]

    async def rows(self, tables: Sequence[str]) -> dict[str, int]:
        return {name: await self.connection.fetchval(f"SELECT count(*) FROM {name}") for name in tables}

    async def left_after_stop(self) -> set[str]:
        """Returns Message-IDs that had not been released when their enrollment was stopped."""
        return {row[0] for row in await self.connection.fetch(RELEASED_LATE)}
