"""An erased lead: its sequences count what they counted before, and no row anywhere tells of it."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import DATABASE, SUPERUSER
from db.queries.analytics import Performance, live_performance
from db.queries.leads.leads import erase_lead
from db.session import Database
from tests.integration.history import History, new_history
from tests.stage import new_tenant

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


async def lived(history: History) -> None:
    """Five leads who went different ways."""
    day = timedelta(days=1)
    opened = await history.enrollment(
        MONDAY, "stopped", reason="interested", ended_at=MONDAY + 3 * day, visited=("intro", "wait", "check")
    )
    intro = await history.message(opened, "intro", MONDAY, variant="A")
    await history.deed(intro, "open", MONDAY + day)
    await history.deed(intro, "open", MONDAY + 2 * day)
    await history.deed(intro, "click", MONDAY, machine=True)
    await history.log(opened, "wait", "waiting", MONDAY)
    await history.log(opened, "check", "branch_decided", MONDAY + 3 * day, branch="0", outcome={"stop": True})
    replied = await history.enrollment(MONDAY, "stopped", reason="replied", ended_at=MONDAY + day, visited=("intro",))
    intro = await history.message(replied, "intro", MONDAY, variant="B")
    await history.deed(intro, "reply", MONDAY + day)
    await history.log(replied, "wait", "waiting", MONDAY)
    bounced = await history.enrollment(MONDAY, "stopped", reason="bounced", ended_at=MONDAY, visited=("intro",))
    refused = await history.message(bounced, "intro", MONDAY, status="refused")
    await history.deed(refused, "bounce", MONDAY, hard=True)
    unknown = await history.enrollment(MONDAY, "completed", ended_at=MONDAY + 4 * day, visited=("intro", "follow-up"))
    intro = await history.message(unknown, "intro", MONDAY, status="unknown")
    await history.deed(intro, "open", MONDAY + day)
    await history.deed(intro, "bounce", MONDAY + day, hard=False)
    await history.message(unknown, "follow-up", MONDAY + 4 * day)
    await history.log(unknown, "check", "branch_decided", MONDAY + 3 * day, branch="else")


async def counted(history: History) -> Performance:
    async with history.database.read(history.tenant_id) as session:
        found = await live_performance(session, history.sequence_id)
    assert found is not None
    return found.model_copy(
        update={
            "as_of": MONDAY,
            "steps": sorted(found.steps, key=repr),
            "emails": sorted(found.emails, key=repr),
            "branches": sorted(found.branches, key=repr),
        }
    )


async def ids_of(history: History) -> set[str]:
    """Of the leads and of everything that is theirs."""
    found = set[str]()
    statements = (
        "SELECT id FROM leads",
        "SELECT email FROM leads",
        "SELECT id FROM lead_sequence_state",
        "SELECT id FROM messages",
    )
    async with history.database.read(history.tenant_id) as session:
        for statement in statements:
            found |= {str(one) for one in await session.scalars(text(statement))}
    return found


async def every_row(postgres: EmbeddedPostgres) -> str:
    connection = await asyncpg.connect(postgres.url(SUPERUSER, DATABASE))
    tables = await connection.fetch(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    rows = [str(await connection.fetch(f"SELECT t::text FROM {table['name']} t")) for table in tables]
    await connection.close()
    return "\n".join(rows)


async def erase_all(history: History) -> None:
    async with history.database.read(history.tenant_id) as session:
        leads = list(await session.scalars(text("SELECT id FROM leads")))
    for lead_id in leads:
        async with history.database.write(history.tenant_id) as session:
            assert await erase_lead(session, lead_id)


async def test_the_counts_stay_and_nothing_else(database: Database, migrated_postgres: EmbeddedPostgres) -> None:
    history = await new_history(database, await new_tenant(database))
    await lived(history)
    before, theirs = await counted(history), await ids_of(history)
    assert (before.enrolled, before.emails_sent, before.emails_opened, before.emails_bounced) == (4, 4, 2, 1)
    assert len(before.branches) == 2
    rows = await every_row(migrated_postgres)
    assert [one for one in theirs if one not in rows] == []
    await erase_all(history)
    assert await counted(history) == before
    rows = await every_row(migrated_postgres)
    assert [one for one in theirs if one in rows] == []


async def test_one_that_is_live_all_the_same_ends_with_the_lead(database: Database) -> None:
    history = await new_history(database, await new_tenant(database))
    enrollment = await history.enrollment(MONDAY, at_step="wait", visited=("intro",))
    await history.message(enrollment, "intro", MONDAY)
    assert (await counted(history)).active == 1
    await erase_all(history)
    after = await counted(history)
    assert (after.active, after.stopped, after.stopped_by_reason, after.emails_sent) == (0, 1, {"manual": 1}, 1)
    assert [one.here_now for one in after.steps if one.here_now] == []


async def test_another_tenant_keeps_nothing_of_it(database: Database) -> None:
    ours = await new_history(database, await new_tenant(database))
    theirs = await new_history(database, await new_tenant(database))
    await lived(ours)
    async with ours.database.read(ours.tenant_id) as session:
        lead_id: UUID = (await session.scalars(text("SELECT id FROM leads LIMIT 1"))).one()
    async with database.write(theirs.tenant_id) as session:
        assert not await erase_lead(session, lead_id)
    assert (await counted(ours)).enrolled == 4
    assert (await counted(theirs)).enrolled == 0
