"""Postgres itself keeps tenants apart: tables, views, and functions that run with more rights than the app."""

from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.session import Database
from tests.integration.api.isolation.snapshots import snapshot, tables
from tests.integration.api.isolation.tenant_objects import TenantObjects

# Functions that run with more rights than the app's role: what each reveals, and to whom.
DEFINERS = {
    "find_api_key": "the tenant of a key, to whoever has the key",
    "find_session": "the tenant of a session, to whoever has its token",
    "find_passwords": "the tenants and password hashes of an address, to whoever has the address",
    "find_invitation": "the tenant of an invitation, to whoever has its token",
    "tenants_with_work": "IDs of tenants, to the dispatcher",
    "tenants_with_webhooks": "IDs of tenants, to the deliverer",
    "tenants_choosing_winners": "IDs of tenants, to the schedule",
    "tenants_with_secrets": "IDs of tenants, to the rotation of keys",
    "tenants_on_the_way": "IDs of tenants, to the restore of a backup",
    "find_inbound_tenant": "the ID of a tenant, to whoever has one of its Message-IDs or mailboxes",
    "unwatched_mailboxes": "IDs of tenants and mailboxes, to the schedule",
    "refresh_sequence_performance": "nothing",
    "maintain_execution_log": "nothing",
    "forget_old_webhooks": "a number",
    "forget_old_answers": "a number",
    "installation_gauges": "sums over all tenants, to whoever reads /metrics",
}


async def test_no_table_shows_rows_of_other_tenants(
    database: Database, ours: TenantObjects, theirs: TenantObjects, all_seeing: asyncpg.Connection
) -> None:
    before = await snapshot(all_seeing, theirs.tenant.id)
    empty = {table for table, (count, _) in before.items() if not count}
    assert empty == set(), "`create_one_of_each` must create a row in each of these"
    for table, column in (await tables(all_seeing)).items():
        theirs_id = {"theirs": theirs.tenant.id}
        async with database.read(ours.tenant.id) as session:
            count = text(f"SELECT count(*) FROM {table} WHERE {column} = :theirs")
            assert await session.scalar(count, theirs_id) == 0, table
            assert (await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) > 0, table
        assert await database.call(text(f"SELECT count(*) FROM {table}"), {}) == 0, f"{table} without a tenant"
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            try:
                async with database.write(ours.tenant.id) as session:
                    changed = text(f"{statement} WHERE {column} = :theirs RETURNING 1")
                    assert (await session.execute(changed, theirs_id)).all() == [], statement
            except DBAPIError as refused:
                assert "permission denied" in str(refused), statement
        with pytest.raises(DBAPIError, match=r"row-level security|foreign key|permission denied|duplicate key"):
            async with database.write(ours.tenant.id) as session:
                await session.execute(text(f"UPDATE {table} SET {column} = :theirs"), theirs_id)
    assert await snapshot(all_seeing, theirs.tenant.id) == before


async def test_views_show_own_rows_only_and_relations_without_policies_are_unreadable(
    database: Database, ours: TenantObjects, theirs: TenantObjects, all_seeing: asyncpg.Connection
) -> None:
    await all_seeing.execute("SELECT refresh_sequence_performance()")
    rows = await all_seeing.fetch(
        "SELECT c.relname, c.relkind::text AS kind, has_table_privilege('cadenza_app', c.oid, 'SELECT') AS readable"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND (relkind IN ('v', 'm') OR relispartition)"
    )
    names = {row["relname"]: row for row in rows}
    assert {"sequence_performance", "tenant_sequence_performance"} <= set(names)
    for name, row in names.items():
        assert row["readable"] == (row["kind"] == "v"), name
        if row["kind"] == "v":
            async with database.read(ours.tenant.id) as session:
                seen = set((await session.scalars(text(f"SELECT tenant_id FROM {name}"))).all())
            assert seen == {ours.tenant.id}, name
            assert await database.call(text(f"SELECT count(*) FROM {name}"), {}) == 0, f"{name} without a tenant"


async def test_every_security_definer_function_is_known(all_seeing: asyncpg.Connection) -> None:
    rows = await all_seeing.fetch(
        "SELECT proname, has_function_privilege('public', p.oid, 'EXECUTE') AS open,"
        " array_to_string(proconfig, ',') AS settings"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public' AND prosecdef"
    )
    assert {row["proname"] for row in rows} == set(DEFINERS)
    for row in rows:
        assert not row["open"], row["proname"]
        # A fixed search_path, so that a caller's own objects cannot replace what the function calls.
        assert "search_path=public, pg_temp" in row["settings"].replace('"', ""), row["proname"]


async def test_a_message_id_finds_the_id_of_its_tenant_only(database: Database, ours: TenantObjects) -> None:
    """The inbound webhook asks for the tenant of a Message-ID, and learns its ID only."""
    find = text("SELECT find_inbound_tenant(:ids, :addresses)")
    found = await database.call(find, {"ids": [ours.ids["message_id"]], "addresses": []})
    assert found == ours.tenant.id
    assert await database.call(find, {"ids": [f"<{uuid4()}@x>"], "addresses": []}) is None
