"""The schema by itself: the same as the models, closed between tenants, refused where it is old."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.postgres_roles import APP, OWNER, SUPERUSER, superuser
from cadenza.maintenance.migrate import ALEMBIC_INI, upgrade
from db.schema_check import OldSchema, refuse_old_schema
from db.session import Database, UnsafeRole
from tests.integration.cli.conftest import run_program
from tests.stage import new_tenant

TENANTLESS = {"alembic_version", "applied_sql"}


def config(url: str) -> Config:
    one = Config(ALEMBIC_INI)
    one.set_main_option("sqlalchemy.url", url)
    return one


def in_database(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + f"/{name}"


@pytest.fixture
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database, None]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


async def test_the_migrated_schema_and_the_models_agree(postgres_server: EmbeddedPostgres) -> None:
    await postgres_server.create_database("as_the_models")
    url = in_database(postgres_server.owner_url, "as_the_models")
    await asyncio.to_thread(upgrade, url)
    await asyncio.to_thread(command.check, config(url))
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER TABLE leads ADD COLUMN unknown text")
    await connection.close()
    # The comparison has power: it sees a column that no model has.
    with pytest.raises(CommandError):
        await asyncio.to_thread(command.check, config(url))


async def tenant_tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind IN ('r', 'p') ORDER BY 1"
    )
    return [row["relname"] for row in rows if row["relname"] not in TENANTLESS]


async def test_every_tenant_table_is_closed(migrated_postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(migrated_postgres.owner_url)
    tables = await tenant_tables(connection)
    assert len(tables) >= 16
    assert {"sequence_execution_log", "sequence_execution_log_default"} <= set(tables)
    for table in tables:
        closed = await connection.fetchrow(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = $1", table
        )
        assert tuple(closed) == (True, True), table
        policies = await connection.fetch(
            "SELECT pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS checked"
            " FROM pg_policy WHERE polrelid = $1::regclass AND polroles = '{0}'",
            table,
        )
        assert len(policies) == 1, table
        for expression in policies[0].values():
            assert "NULLIF(current_setting('app.tenant_id'::text, true), ''::text)" in expression, table
    crossing = await connection.fetch(
        """SELECT conrelid::regclass::text AS "from", confrelid::regclass::text AS "to" FROM pg_constraint
            WHERE contype = 'f' AND confrelid <> 'tenants'::regclass
              AND NOT EXISTS (SELECT FROM unnest(conkey) k JOIN pg_attribute a ON a.attrelid = conrelid
                               AND a.attnum = k WHERE attname = 'tenant_id')"""
    )
    assert crossing == []
    await connection.close()


async def test_the_app_owns_nothing_and_cannot_bypass(migrated_postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(migrated_postgres.app_url)
    role = await connection.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    )
    assert not any(role.values())
    owned = await connection.fetch("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = current_user")
    assert owned == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("ALTER TABLE leads DISABLE ROW LEVEL SECURITY")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TABLE mine ()")
    await connection.close()


# What the app reads besides tables: the live view runs with its own rights, the other one filters by the tenant.
VIEWS = {"sequence_performance_live": "security_invoker=true", "tenant_sequence_performance": "security_barrier=true"}


async def test_what_has_no_row_level_security_is_out_of_the_apps_reach(migrated_postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(migrated_postgres.owner_url)
    granted = """SELECT relname, relkind, reloptions FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
                  WHERE nspname = 'public' AND (relkind IN ('m', 'v') OR relispartition AND relkind = 'r')
                    AND has_table_privilege('cadenza_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
                    ORDER BY 1"""
    reached = await connection.fetch(granted)
    assert {row["relname"]: ",".join(row["reloptions"]) for row in reached} == VIEWS
    definers = await connection.fetch(
        """SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
            WHERE nspname = 'public' AND prosecdef AND
                  (proconfig IS NULL OR NOT 'search_path=public, pg_temp' = ANY (proconfig)
                   OR has_function_privilege('public', p.oid, 'EXECUTE'))"""
    )
    assert definers == []
    await connection.close()


async def test_a_superuser_is_refused(migrated_postgres: EmbeddedPostgres) -> None:
    database = Database(migrated_postgres.superuser_url)
    with pytest.raises(UnsafeRole):
        await database.refuse_unsafe_role()
    await database.aclose()


async def test_a_schema_that_lacks_something_is_refused(postgres_server: EmbeddedPostgres) -> None:
    await postgres_server.create_database("older")
    database = Database(postgres_server.url(APP, "older"))
    with pytest.raises(OldSchema, match="cadenza migrate"):
        await refuse_old_schema(database)
    ran = await run_program("api", environment={"CADENZA_DATABASE_URL": postgres_server.url(APP, "older")})
    assert (ran.status, "run `cadenza migrate` first" in ran.err, "Traceback" in ran.err) == (1, True, False)
    await asyncio.to_thread(upgrade, postgres_server.url(OWNER, "older"))
    await refuse_old_schema(database)
    async with superuser(postgres_server.url(SUPERUSER, "older")) as connection:
        await connection.execute(text("ALTER TABLE leads DROP COLUMN phone CASCADE"))
    with pytest.raises(OldSchema, match=r"leads\.phone is not there"):
        await refuse_old_schema(database)
    await database.aclose()
    await postgres_server.drop_database("older")


async def test_nothing_is_seen_without_a_tenant_or_of_another(database: Database) -> None:
    ours, theirs = await new_tenant(database), await new_tenant(database)
    async with database.read(ours) as session:
        seen = (await session.execute(text("SELECT tenant_id FROM mailboxes"))).scalars().all()
    assert seen == [ours]
    assert await database.call(text("SELECT count(*) FROM mailboxes"), {}) == 0
    with pytest.raises(DBAPIError, match="row-level security"):
        async with database.write(ours) as session:
            await session.execute(
                text("INSERT INTO mailboxes (tenant_id, email) VALUES (:theirs, 'x@y.example')"), {"theirs": theirs}
            )
    async with database.write(ours) as session:
        moved = await session.execute(text("UPDATE mailboxes SET email = 'z@y.example' WHERE true RETURNING tenant_id"))
        assert moved.scalars().all() == [ours]


async def test_a_read_transaction_cannot_write(database: Database) -> None:
    tenant = await new_tenant(database)
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with database.read(tenant) as session:
            await session.execute(text("UPDATE mailboxes SET name = 'changed'"))


async def test_a_function_cannot_be_told_of_another_tenants_enrollment(database: Database) -> None:
    ours, nobody = await new_tenant(database), uuid4()
    with pytest.raises(DBAPIError, match="no enrollment"):
        await database.call(
            text("SELECT (stop_lead_sequence(:tenant, :id, 'manual')).id"), {"tenant": ours, "id": nobody}
        )


async def test_triggers_count_steps_and_touch(database: Database) -> None:
    tenant = await new_tenant(database)
    async with database.write(tenant) as session:
        sequence: UUID = (
            await session.execute(
                text("INSERT INTO sequences (tenant_id, name) VALUES (:t, 'one') RETURNING id"), {"t": tenant}
            )
        ).scalar_one()
        for position in (1, 2, 3):
            await session.execute(
                text(
                    "INSERT INTO sequence_steps (tenant_id, sequence_id, key, type, position)"
                    " VALUES (:t, :s, :key, 'delay', :position)"
                ),
                {"t": tenant, "s": sequence, "key": f"step-{position}", "position": position},
            )
        await session.execute(text("DELETE FROM sequence_steps WHERE position = 2"))
    async with database.read(tenant) as session:
        row = (await session.execute(text("SELECT * FROM sequences WHERE id = :s"), {"s": sequence})).one()
    assert row.steps_count == 2
    async with database.write(tenant) as session:
        await session.execute(text("UPDATE sequences SET name = 'two' WHERE id = :s"), {"s": sequence})
        after = (await session.execute(text("SELECT * FROM sequences WHERE id = :s"), {"s": sequence})).one()
    assert after.updated_at > row.updated_at
