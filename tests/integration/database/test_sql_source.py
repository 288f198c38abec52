"""The database contains what `db/sql` says, and a process starts only if its own copy of that text fits."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import APP, OWNER
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.maintenance.migrate import upgrade
from db import sql_source
from db.calls import access, analytics, enrolling, erasing, events, gate, log, mailboxes, outbox, performing, steering
from db.calls import webhooks as webhook_calls
from db.calls.sql_call import SqlCall
from db.migrations.files import psycopg_url
from db.schema_check import OldSchema, refuse_old_schema
from db.session import Database
from domain.enrollments.status import LIVE, EnrollmentStatus
from tests.integration.cli.conftest import run_program
from tests.schema_snapshot import definitions_of

MODULES = (access, analytics, enrolling, erasing, events, gate, log, mailboxes, outbox, performing, steering)
CALLS = sorted(
    {one for module in (*MODULES, webhook_calls) for one in vars(module).values()
     if isinstance(one, type) and issubclass(one, SqlCall) and not one.__name__.startswith(("_", "SqlCall"))},
    key=lambda call: call.__name__,
)  # fmt: skip


class Fresh:
    """A separate migrated database."""

    def __init__(self, server: EmbeddedPostgres, name: str) -> None:
        self.owner_url = server.url(OWNER, name)
        self.app_url = server.url(APP, name)

    async def execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.owner_url)
        await connection.execute(sql)
        await connection.close()

    async def value(self, sql: str) -> object:
        connection = await asyncpg.connect(self.owner_url)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    async def apply(self, folder: Path) -> bool:
        """Runs `cadenza migrate` of a release whose `db/sql` is this folder."""
        return await asyncio.to_thread(apply, self.owner_url, folder)

    async def suits(self, folder: Path = sql_source.FOLDER) -> bool:
        """Whether a process of that release finds its hash in the database."""
        statement = f"SELECT EXISTS (SELECT FROM applied_sql WHERE hash = '{sql_source.digest(folder)}')"
        return bool(await self.value(statement))


def apply(url: str, folder: Path) -> bool:
    engine = create_engine(psycopg_url(url), poolclass=NullPool)
    with engine.begin() as connection:
        return sql_source.bring_up_to_date(connection, folder)


def release(folder: Path, *statements: str) -> Path:
    """Copies the present folder and adds statements: `db/sql` of another release."""
    shutil.copytree(sql_source.FOLDER, folder)
    with (folder / "rows.sql").open("a") as file:
        file.write("\n".join(["", *statements, ""]))
    return folder


ADDED = "CREATE OR REPLACE FUNCTION added() RETURNS integer LANGUAGE sql AS 'SELECT 1';"
LONGER_GRACE = (
    "CREATE OR REPLACE FUNCTION slot_grace() RETURNS interval LANGUAGE sql IMMUTABLE AS $$ SELECT interval '11 s' $$;"
)


@pytest.fixture(scope="module")
async def template(postgres_server: EmbeddedPostgres) -> AsyncGenerator[str]:
    name = f"template_{uuid4().hex[:8]}"
    await postgres_server.create_database(name)
    await asyncio.to_thread(upgrade, postgres_server.url(OWNER, name))
    yield name
    await postgres_server.drop_database(name)


@pytest.fixture
async def fresh(postgres_server: EmbeddedPostgres, template: str) -> AsyncGenerator[Fresh]:
    name = f"fresh_{uuid4().hex[:8]}"
    await postgres_server.create_database(name, template=template)
    yield Fresh(postgres_server, name)
    await postgres_server.drop_database(name)


async def difference(url: str) -> list[str]:
    """Returns what differs between the database and db/sql: changed, missing or left over."""
    return await asyncio.to_thread(_difference, url)


def _difference(url: str) -> list[str]:
    engine = create_engine(psycopg_url(url), poolclass=NullPool)
    with engine.connect() as connection:
        before = {row.object: row.definition for row in connection.execute(text(sql_source.DEFINITIONS))}
        cursor = connection.connection.cursor()
        for sql in sql_source.texts().values():
            cursor.execute(sql)
        cursor.close()
        after = {row.object: row for row in connection.execute(text(sql_source.DEFINITIONS))}
        connection.rollback()
    changed = [name for name, row in after.items() if row.written and before.get(name) != row.definition]
    return sorted(changed + [name for name, row in after.items() if not row.written])


async def test_a_fresh_database_equals_the_sql_folder(fresh: Fresh) -> None:
    assert await difference(fresh.owner_url) == []
    assert len(await definitions_of(fresh.owner_url)) > 130


@pytest.mark.parametrize(
    "by_hand, seen",
    [
        (LONGER_GRACE, "FUNCTION slot_grace()"),
        ("CREATE FUNCTION left_over() RETURNS integer LANGUAGE sql AS 'SELECT 1'", "FUNCTION left_over()"),
        ("DROP FUNCTION count_due(uuid, uuid[])", "FUNCTION count_due(uuid,uuid[])"),
        ("DROP TRIGGER count_steps ON sequence_steps", "TRIGGER count_steps ON sequence_steps"),
        ("GRANT EXECUTE ON FUNCTION lock_log() TO cadenza_app", "FUNCTION lock_log()"),
        ("CREATE VIEW another AS SELECT 1 AS one", "VIEW another"),
    ],
)  # fmt: skip
async def test_a_manual_change_is_detected(fresh: Fresh, by_hand: str, seen: str) -> None:
    await fresh.execute(by_hand)
    assert await difference(fresh.owner_url) == [seen]


async def test_migrating_reverts_a_manual_change(fresh: Fresh) -> None:
    before = await definitions_of(fresh.owner_url)
    assert not await fresh.apply(sql_source.FOLDER), "nothing to do"
    await fresh.execute(LONGER_GRACE)
    assert await fresh.apply(sql_source.FOLDER)
    assert await definitions_of(fresh.owner_url) == before
    assert not await fresh.apply(sql_source.FOLDER)


async def test_migrating_keeps_what_an_operator_added(fresh: Fresh, tmp_path: Path) -> None:
    await fresh.execute("CREATE FUNCTION of_the_operator() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    await fresh.apply(release(tmp_path / "next", ADDED))
    assert await fresh.value("SELECT of_the_operator() + added()") == 2


async def test_an_older_release_starts_on_a_newer_database(fresh: Fresh, tmp_path: Path) -> None:
    newer = release(tmp_path / "newer", ADDED, LONGER_GRACE)
    assert not await fresh.suits(newer), "it would call a function that does not exist"
    await fresh.apply(newer)
    assert await fresh.suits(newer)
    assert await fresh.suits(), "in a rolling deployment, old workers restart, too"
    database = Database(fresh.app_url)
    await refuse_old_schema(database)
    await database.aclose()


async def test_a_release_whose_functions_were_dropped_does_not_start(fresh: Fresh, tmp_path: Path) -> None:
    middle, newest = release(tmp_path / "middle", ADDED), release(tmp_path / "newest", LONGER_GRACE)
    await fresh.apply(middle)
    await fresh.apply(newest)
    assert await fresh.value("SELECT to_regprocedure('added()')") is None
    assert not await fresh.suits(middle)
    assert await fresh.suits(newest)
    assert await fresh.suits(), "every function that it needs exists"


async def test_a_newer_release_does_not_start_once_an_older_one_has_migrated_again(
    fresh: Fresh, tmp_path: Path
) -> None:
    newer = release(tmp_path / "newer", ADDED)
    await fresh.apply(newer)
    await fresh.apply(sql_source.FOLDER)
    assert await fresh.suits()
    assert not await fresh.suits(newer)
    assert await difference(fresh.owner_url) == []


async def test_concurrent_migrations_run_one_after_another(postgres_server: EmbeddedPostgres) -> None:
    name = f"fresh_{uuid4().hex[:8]}"
    await postgres_server.create_database(name)
    url = postgres_server.url(OWNER, name)
    await asyncio.gather(*(asyncio.to_thread(upgrade, url) for _ in range(3)))
    assert await difference(url) == []
    await postgres_server.drop_database(name)


async def test_migrating_gives_way_to_a_transaction_that_writes(fresh: Fresh) -> None:
    """Replacing a trigger must wait for transactions that write to its table. Other sessions must not wait behind
    it."""
    await fresh.execute("UPDATE applied_sql SET hash = 'of another release'")
    writer, other = await asyncpg.connect(fresh.app_url), await asyncpg.connect(fresh.app_url)
    begun = writer.transaction()
    await begun.start()
    await writer.execute("UPDATE leads SET first_name = ''")
    migrating = asyncio.create_task(asyncio.to_thread(upgrade, fresh.owner_url))
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'leads'::regclass"
    for seen_waiting in (True, False, True):  # The migration waits, gives way, and tries again.
        while bool(await other.fetchval(waiting)) is not seen_waiting:  # noqa: ASYNC110 (another process waits)
            await asyncio.sleep(0.005)
    await begun.rollback()
    await migrating
    assert await fresh.suits()
    await writer.close()
    await other.close()


@pytest.mark.parametrize("part", ["api", "worker"])
async def test_a_process_with_another_sql_folder_does_not_start(
    fresh: Fresh, temporal_server: EmbeddedTemporal, part: str
) -> None:
    """A release that changes only functions is noticed, too."""
    await fresh.execute("UPDATE applied_sql SET hash = 'of the release before'")
    database = Database(fresh.app_url)
    with pytest.raises(OldSchema, match="cadenza migrate"):
        await refuse_old_schema(database)
    environment = {"CADENZA_DATABASE_URL": fresh.app_url, "TEMPORAL_ADDRESS": temporal_server.address}
    ran = await run_program(part, environment=environment)
    assert (ran.status, "run `cadenza migrate` first" in ran.err, "Traceback" in ran.err) == (1, True, False)
    await asyncio.to_thread(upgrade, fresh.owner_url)
    await refuse_old_schema(database)
    await database.aclose()


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_a_binding_names_the_parameters_that_its_function_has(
    migrated_postgres: EmbeddedPostgres, call: type[SqlCall[object]]
) -> None:
    """Postgres itself resolves the function, and reads the statement around it."""
    connection = await asyncpg.connect(migrated_postgres.app_url)
    await connection.prepare(call.call().sql)
    await connection.close()


async def test_a_live_status_is_one_that_has_not_ended(migrated_postgres: EmbeddedPostgres) -> None:
    """Compares `is_live` in SQL with `LIVE` in Python. test_shared_rules.py compares `LIVE` with the partial index."""
    connection = await asyncpg.connect(migrated_postgres.owner_url)
    for status in EnrollmentStatus:
        assert await connection.fetchval("SELECT is_live($1)", status.value) is (status in LIVE)
    await connection.close()


def test_the_calls_of_every_module_are_found() -> None:
    named = {call.function for call in CALLS}
    assert {"pause_lead_sequence", "claim_webhook_deliveries", "find_api_key", "erase_lead"} <= named
