"""`sequence_performance`: the same as counted live, closed to the app, refreshed by several at once."""

import asyncio
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from db.calls.analytics import refresh_performance
from db.queries.analytics import (
    LIVE_REPLIES,
    Replies,
    kept_performance,
    live_performance,
    live_replies,
)
from db.session import Database
from tests.integration.history import History, new_history
from tests.stage import new_tenant


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


async def filled(database: Database, count: int) -> History:
    history = await new_history(database, await new_tenant(database))
    await history.crowd(count)
    return history


async def test_what_is_kept_is_what_was_counted(database: Database) -> None:
    history = await filled(database, 30)
    async with database.read(history.tenant_id) as session:
        assert await kept_performance(session, history.sequence_id) is None
    assert await refresh_performance(database)
    async with database.read(history.tenant_id) as session:
        kept = await kept_performance(session, history.sequence_id)
        live = await live_performance(session, history.sequence_id)
    assert kept is not None
    assert live is not None
    assert (kept.enrolled, kept.emails_sent, kept.steps[0].reached) == (30, 30, 30)
    assert kept == live.model_copy(update={"as_of": kept.as_of})
    assert kept.as_of < live.as_of


async def test_replies_are_counted_without_the_log(database: Database) -> None:
    history = await filled(database, 30)
    async with database.read(history.tenant_id) as session:
        counted = await live_replies(session, [history.sequence_id])
        ids = {"tenant_id": history.tenant_id, "sequence_ids": [history.sequence_id]}
        explain = text(f"EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) {LIVE_REPLIES.text}")
        plan = list(await session.scalars(explain, ids))
    assert counted == {history.sequence_id: Replies(30, 0)}
    on_log = [line for line in plan if "sequence_execution_log" in line]
    assert on_log
    assert [line for line in on_log if "never executed" not in line] == []


async def test_each_tenant_sees_its_own_alone(database: Database) -> None:
    ours, theirs = await filled(database, 3), await filled(database, 4)
    await refresh_performance(database)
    async with database.read(ours.tenant_id) as session:
        rows = (await session.execute(text("SELECT tenant_id, enrolled FROM tenant_sequence_performance"))).all()
        assert [tuple(row) for row in rows] == [(ours.tenant_id, 3)]
        live = (await session.execute(text("SELECT tenant_id, enrolled FROM sequence_performance_live"))).all()
        assert [tuple(row) for row in live] == [(ours.tenant_id, 3)]
        assert await kept_performance(session, theirs.sequence_id) is None
        assert await live_performance(session, theirs.sequence_id) is None
    # Without a tenant, nothing.
    assert await database.call(text("SELECT count(*) FROM tenant_sequence_performance"), {}) == 0


async def test_a_filter_that_leaks_sees_nothing_of_another(database: Database) -> None:
    """The planner may not try a function on rows before they are known to be the tenant's."""
    ours, theirs = await filled(database, 1), await filled(database, 1)
    await refresh_performance(database)
    async with database.read(ours.tenant_id) as session:
        probe = text("SELECT 1 FROM tenant_sequence_performance WHERE 1 / (tenant_id <> :theirs)::integer = 1")
        assert len((await session.execute(probe, {"theirs": theirs.tenant_id})).all()) == 1


@pytest.mark.parametrize("relation", ["sequence_performance", "sequence_performance_refresh"])
async def test_the_app_cannot_read_it_directly(migrated_postgres: EmbeddedPostgres, relation: str) -> None:
    connection = await asyncpg.connect(migrated_postgres.app_url)
    for statement in (f"SELECT * FROM {relation}", f"REFRESH MATERIALIZED VIEW {relation}", f"TABLE {relation}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


async def test_several_refreshes_among_writers_and_readers(database: Database) -> None:
    history = await filled(database, 10)
    await refresh_performance(database)

    async def writes() -> None:
        for _ in range(10):
            await history.crowd(3)

    async def reads() -> None:
        for _ in range(20):
            async with database.read(history.tenant_id) as session:
                kept = await kept_performance(session, history.sequence_id)
            assert kept is not None
            # One moment's truth: nobody is sent anything without being enrolled.
            assert kept.enrolled == kept.emails_sent >= 10

    async with asyncio.TaskGroup() as group:
        group.create_task(writes())
        group.create_task(reads())
        refreshed = [group.create_task(refresh_performance(database)) for _ in range(6)]
    assert any(task.result() for task in refreshed)
    assert await refresh_performance(database)
    async with database.read(history.tenant_id) as session:
        kept = await kept_performance(session, history.sequence_id)
    assert kept is not None
    assert kept.enrolled == 40
