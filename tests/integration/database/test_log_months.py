"""The execution log in months: no row is lost, and only what is too old is dropped."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.maintenance.migrate import upgrade
from tests.integration.database.test_schema import config, in_database

NOTHING = {"made": [], "dropped": [], "rows_deleted": 0}
INSERT = """
INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, event, detail, occurred_at)
SELECT tenant_id, id, sequence_id, lead_id, 'waiting', jsonb_build_object('label', $1::text), $2
  FROM lead_sequence_state WHERE tenant_id = $3
RETURNING id
"""


def month(ahead: int) -> datetime:
    """The middle of a month, counted from this one."""
    now = datetime.now(UTC)
    years, months = divmod(now.month - 1 + ahead, 12)
    return datetime(now.year + years, months + 1, 15, 12, tzinfo=UTC)


def partition(ahead: int) -> str:
    return f"sequence_execution_log_{month(ahead):%Y_%m}"


def name(ahead: int) -> str:
    return f"{month(ahead):%Y-%m}"


@dataclass
class Log:
    owner: asyncpg.Connection
    superuser: asyncpg.Connection
    app_url: str

    @asynccontextmanager
    async def app(self) -> AsyncGenerator[asyncpg.Connection]:
        connection = await asyncpg.connect(self.app_url)
        yield connection
        await connection.close()

    async def tenant(self) -> UUID:
        """With one enrollment, and no log."""
        tenant_id = uuid4()
        async with self.superuser.transaction():
            await self.superuser.execute("INSERT INTO tenants (id, name) VALUES ($1, 'Log')", tenant_id)
            await self.superuser.execute(
                f"""WITH l AS (INSERT INTO leads (tenant_id, email) VALUES ('{tenant_id}', 'a@b.example') RETURNING id),
                     q AS (INSERT INTO sequences (tenant_id, name) VALUES ('{tenant_id}', 'Log') RETURNING id),
                     v AS (INSERT INTO sequence_versions (tenant_id, sequence_id, version, plan)
                           SELECT '{tenant_id}', id, 1, '{{}}' FROM q RETURNING id, sequence_id)
                    INSERT INTO lead_sequence_state (tenant_id, lead_id, sequence_id, version_id, enrolled_at)
                    SELECT '{tenant_id}', l.id, v.sequence_id, v.id, now() FROM l, v"""
            )
        return tenant_id

    async def write(self, tenant_id: UUID, label: str, at: datetime) -> int:
        """As the app does."""
        async with self.app() as connection, connection.transaction():
            await connection.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_id))
            return await connection.fetchval(INSERT, label, at, tenant_id)

    async def rows(self, tenant_id: UUID) -> dict[str, str]:
        """Where each row of the tenant is, by label."""
        found = await self.superuser.fetch(
            "SELECT detail->>'label' AS label, tableoid::regclass::text AS place"
            "  FROM sequence_execution_log WHERE tenant_id = $1",
            tenant_id,
        )
        return {row["label"]: row["place"] for row in found}

    async def until_waiting(self) -> None:
        """Until somebody waits for a lock."""
        query = """SELECT 1 FROM pg_locks JOIN pg_database d ON d.oid = database
                    WHERE NOT granted AND datname = current_database()"""
        while not await self.superuser.fetch(query):  # noqa: ASYNC110 (another process waits)
            await asyncio.sleep(0.01)

    async def maintain(self, ahead: int, keep: int) -> Any:
        async with self.app() as connection:
            return json.loads(await connection.fetchval("SELECT maintain_execution_log($1, $2)", ahead, keep))


@pytest.fixture
async def log(postgres_server: EmbeddedPostgres) -> AsyncGenerator[Log]:
    """A database of its own: months are everybody's."""
    database = f"log_{uuid4().hex[:8]}"
    await postgres_server.create_database(database)
    owner_url = in_database(postgres_server.owner_url, database)
    await asyncio.to_thread(upgrade, owner_url)
    async with opened(postgres_server, database) as one:
        yield one


@asynccontextmanager
async def opened(postgres_server: EmbeddedPostgres, database: str) -> AsyncGenerator[Log]:
    owner = await asyncpg.connect(in_database(postgres_server.owner_url, database))
    superuser = await asyncpg.connect(in_database(postgres_server.superuser_url, database))
    yield Log(owner, superuser, in_database(postgres_server.app_url, database))
    await owner.close()
    await superuser.close()


async def test_the_migration_keeps_every_row(postgres_server: EmbeddedPostgres) -> None:
    """0004 moves the rows of a log without months into their months."""
    database = f"log_{uuid4().hex[:8]}"
    await postgres_server.create_database(database)
    owner_url = in_database(postgres_server.owner_url, database)
    await asyncio.to_thread(command.upgrade, config(owner_url), "0003")
    async with opened(postgres_server, database) as log:
        everything = "SELECT * FROM sequence_execution_log ORDER BY id"
        tenants = [await log.tenant(), await log.tenant()]
        for tenant_id in tenants:
            for event, at in (("old", month(-7)), ("now", datetime.now(UTC)), ("far ahead", month(30))):
                await log.write(tenant_id, event, at)
        before = await log.superuser.fetch(everything)
        await asyncio.to_thread(upgrade, owner_url)
        assert await log.superuser.fetch(everything) == before
        for tenant_id in tenants:
            assert await log.rows(tenant_id) == {
                "old": partition(-7),
                "now": partition(0),
                "far ahead": "sequence_execution_log_default",
            }
        assert await log.write(tenants[0], "after", month(1)) > max(row["id"] for row in before)


async def test_a_month_takes_its_rows_out_of_the_default_partition(log: Log) -> None:
    ours, theirs = await log.tenant(), await log.tenant()
    for tenant_id in (ours, theirs):
        for label, ahead in (("soon", 5), ("later", 9)):
            await log.write(tenant_id, label, month(ahead))
        assert set((await log.rows(tenant_id)).values()) == {"sequence_execution_log_default"}
    answer = await log.maintain(6, 0)
    assert answer == {**NOTHING, "made": [name(4), name(5), name(6)]}
    for tenant_id in (ours, theirs):
        assert await log.rows(tenant_id) == {"soon": partition(5), "later": "sequence_execution_log_default"}
    assert await log.maintain(6, 0) == NOTHING


async def test_the_bounds_of_a_month_are_in_utc(log: Log) -> None:
    tenant_id = await log.tenant()
    begins = month(1).replace(day=1, hour=0)
    await log.write(tenant_id, "first", begins)
    await log.write(tenant_id, "last before", begins - timedelta(microseconds=1))
    assert await log.rows(tenant_id) == {"first": partition(1), "last before": partition(0)}
    # Also one that is made in a session of another zone.
    await log.write(tenant_id, "ahead", month(6).replace(day=1, hour=0))
    async with log.app() as connection:
        await connection.execute("SET timezone = 'Pacific/Kiritimati'")
        await connection.execute("SELECT maintain_execution_log(6, 0)")
    assert (await log.rows(tenant_id))["ahead"] == partition(6)


async def test_months_past_the_retention_are_dropped_and_no_others(log: Log) -> None:
    tenant_id = await log.tenant()
    for ahead in (-5, -3, -2):
        await log.owner.execute("SELECT make_log_month($1)", month(ahead).date())
    for ahead in (-5, -4, -3, -2, -1, 0, 20):
        await log.write(tenant_id, name(ahead), month(ahead))
    assert await log.maintain(3, 0) == NOTHING
    # Two whole months before this one are kept; of the month that had no partition, the rows go.
    assert await log.maintain(3, 2) == {"made": [], "dropped": [name(-5), name(-3)], "rows_deleted": 1}
    assert await log.rows(tenant_id) == {
        name(-2): partition(-2),
        name(-1): "sequence_execution_log_default",
        name(0): partition(0),
        name(20): "sequence_execution_log_default",
    }
    assert await log.maintain(3, 2) == NOTHING
    assert await log.superuser.fetchval("SELECT count(*) FROM lead_sequence_state WHERE tenant_id = $1", tenant_id) == 1


async def test_eight_at_once_among_writers_make_each_month_once_and_lose_nothing(log: Log) -> None:
    tenant_id = await log.tenant()
    months = [-1, 0, 3, 5, 7]

    async def writes(writer: int) -> None:
        for number in range(20):
            ahead = months[(writer + number) % len(months)]
            await log.write(tenant_id, f"{writer}/{number}", month(ahead))

    async def maintains() -> list[str]:
        return (await log.maintain(8, 0))["made"]

    async with asyncio.TaskGroup() as group:
        for writer in range(4):
            group.create_task(writes(writer))
        made = [group.create_task(maintains()) for _ in range(8)]
    assert sorted(one for task in made for one in task.result()) == [name(ahead) for ahead in range(4, 9)]
    rows = await log.rows(tenant_id)
    assert len(rows) == 80
    assert set(rows.values()) == {
        "sequence_execution_log_default",
        *(partition(ahead) for ahead in months if ahead >= 0),
    }


async def test_it_gives_way_to_a_writer_that_would_deadlock_with_it(log: Log) -> None:
    tenant_id = await log.tenant()
    async with log.app() as writer, writer.transaction():
        await writer.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_id))
        await writer.fetch(INSERT, "first", month(0), tenant_id)
        maintaining = asyncio.create_task(log.maintain(5, 0))
        await log.until_waiting()
        # It holds the enrollments now, and waits for the log, of which the writer holds a part.
        await writer.execute("UPDATE lead_sequence_state SET error = 'x' WHERE tenant_id = $1", tenant_id)
    assert (await maintaining)["made"] == [name(4), name(5)]


async def test_it_gives_up_rather_than_keep_everybody_waiting(log: Log) -> None:
    tenant_id = await log.tenant()
    async with log.app() as slow, slow.transaction():
        await slow.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_id))
        await slow.fetch(INSERT, "slow", month(0), tenant_id)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await log.maintain(5, 0)
    assert await log.rows(tenant_id) == {"slow": partition(0)}
    assert (await log.maintain(5, 0))["made"] == [name(4), name(5)]


async def test_the_app_reaches_the_log_through_its_parent_alone(log: Log) -> None:
    ours, theirs = await log.tenant(), await log.tenant()
    for tenant_id in (ours, theirs):
        await log.write(tenant_id, "enrolled", month(0))
    await log.maintain(4, 0)
    async with log.app() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant_id', $1, true)", str(ours))
        assert [row["tenant_id"] for row in await connection.fetch("SELECT * FROM sequence_execution_log")] == [ours]
        for table in (partition(0), partition(4), "sequence_execution_log_default"):
            for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}", f"DROP TABLE {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with connection.transaction():
                        await connection.execute(statement)
        for call in ("make_log_month(current_date)", f"close_log_partition('{partition(0)}')"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(f"SELECT {call}")
        for ahead, keep in ((25, 0), (-1, 0), (0, -1)):
            with pytest.raises(asyncpg.InvalidParameterValueError):
                async with connection.transaction():
                    await connection.execute("SELECT maintain_execution_log($1, $2)", ahead, keep)


async def test_erasing_a_lead_erases_its_log_of_every_month(log: Log) -> None:
    tenant_id = await log.tenant()
    for ahead in (-1, 0, 2, 9):
        await log.write(tenant_id, name(ahead), month(ahead))
    async with log.app() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_id))
        await connection.execute("DELETE FROM leads WHERE tenant_id = $1", tenant_id)
    assert await log.rows(tenant_id) == {}
