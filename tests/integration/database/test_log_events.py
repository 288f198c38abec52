"""The execution log holds the events of `LogEvent`, and no other."""

import asyncio
import re
from collections.abc import AsyncGenerator
from uuid import uuid4

import asyncpg
import pytest
from alembic import command

from cadenza.embedded.postgres import EmbeddedPostgres
from domain.enrollments.log_event import LogEvent
from tests.integration.database.test_schema import config, in_database

BEFORE = "0024"
"""The revision before the constraint."""
INSERT = """
INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, event, occurred_at)
SELECT tenant_id, id, sequence_id, lead_id, $1, now() + $2 * interval '1 month' FROM lead_sequence_state
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text AS table, convalidated, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint WHERE conname = 'known_event'
"""
PARTITIONS = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'sequence_execution_log'::regclass"


@pytest.fixture
async def alembic_url(postgres_server: EmbeddedPostgres) -> str:
    """A database as it was before the constraint, with one enrollment."""
    name = f"events_{uuid4().hex[:8]}"
    await postgres_server.create_database(name)
    url = in_database(postgres_server.owner_url, name)
    await asyncio.to_thread(command.upgrade, config(url), BEFORE)
    superuser = await asyncpg.connect(in_database(postgres_server.superuser_url, name))
    await superuser.execute("""
        WITH t AS (INSERT INTO tenants (name) VALUES ('Log') RETURNING id),
             l AS (INSERT INTO leads (tenant_id, email) SELECT id, 'a@b.example' FROM t RETURNING tenant_id, id),
             q AS (INSERT INTO sequences (tenant_id, name) SELECT id, 'Log' FROM t RETURNING id),
             v AS (INSERT INTO sequence_versions (tenant_id, sequence_id, version, plan)
                   SELECT t.id, q.id, 1, '{}' FROM t, q RETURNING id, sequence_id)
        INSERT INTO lead_sequence_state (tenant_id, lead_id, sequence_id, version_id, enrolled_at)
        SELECT l.tenant_id, l.id, v.sequence_id, v.id, now() FROM l, v""")
    await superuser.close()
    return url


BEFORE = "0024"


@pytest.fixture
async def superuser(alembic_url: str, postgres_server: EmbeddedPostgres) -> AsyncGenerator[asyncpg.Connection]:
    name = alembic_url.rsplit("/", 1)[1]
    connection = await asyncpg.connect(in_database(postgres_server.superuser_url, name))
    yield connection
    await connection.close()


async def migrate(url: str) -> None:
    await asyncio.to_thread(command.upgrade, config(url), "head")


async def test_the_constraint_lists_the_events_of_the_enum(alembic_url: str, superuser: asyncpg.Connection) -> None:
    await migrate(alembic_url)
    found = await superuser.fetch(CONSTRAINTS)
    assert len(found) == 1 + await superuser.fetchval(PARTITIONS)
    for one in found:
        assert one["convalidated"], one["table"]
        assert set(re.findall(r"'(\w+)'", one["definition"])) == set(LogEvent), one["table"]


async def test_rows_from_before_stay_and_an_unknown_event_is_refused(
    alembic_url: str, superuser: asyncpg.Connection
) -> None:
    for event in LogEvent:
        await superuser.execute(INSERT, event.value, 0)
    await migrate(alembic_url)
    assert await superuser.fetchval("SELECT count(*) FROM sequence_execution_log") == len(LogEvent)
    # The month of today, one that the default partition takes, and that month once it has a partition of its own.
    for made_until in (None, 20):
        if made_until is not None:
            await superuser.execute("SELECT maintain_execution_log($1, 0)", made_until)
        for ahead in (0, 20):
            await superuser.execute(INSERT, LogEvent.WAITING.value, ahead)
            with pytest.raises(asyncpg.CheckViolationError):
                await superuser.execute(INSERT, "wating", ahead)


async def test_the_migration_gives_way_to_a_writer_and_goes_on_after_it(
    alembic_url: str, superuser: asyncpg.Connection, postgres_server: EmbeddedPostgres
) -> None:
    name = alembic_url.rsplit("/", 1)[1]
    other = await asyncpg.connect(in_database(postgres_server.superuser_url, name))
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'sequence_execution_log'::regclass"
    async with superuser.transaction():
        await superuser.execute(INSERT, "waiting", 0)
        migrating = asyncio.create_task(migrate(alembic_url))
        while not await other.fetchval(waits):  # noqa: ASYNC110 (another process waits)
            await asyncio.sleep(0.01)
        # Somebody else writes while the first writer is still at it: the migration has let go of its place.
        await other.execute(INSERT, "waiting", 0)
        assert not migrating.done()
    await migrating
    await other.close()
    assert all(one["convalidated"] for one in await superuser.fetch(CONSTRAINTS))


async def test_a_migration_that_ended_halfway_is_run_again(alembic_url: str, superuser: asyncpg.Connection) -> None:
    await superuser.execute("ALTER TABLE sequence_execution_log ADD CONSTRAINT known_event CHECK (true) NOT VALID")
    await migrate(alembic_url)
    with pytest.raises(asyncpg.CheckViolationError):
        await superuser.execute(INSERT, "wating", 0)
