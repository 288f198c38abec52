"""Digests of all rows of a tenant, to compare their state before and after a test."""

from uuid import UUID

import asyncpg

# Columns that the program updates by itself in the background, at any time.
BOOKKEEPING = {
    "outbox": {"attempts", "last_error", "leased_until"},
    "webhook_deliveries": {"attempts", "last_error", "last_status_code", "next_attempt_at"},
    "batches": {"leased_by", "leased_until"},
}


async def tables(connection: asyncpg.Connection) -> dict[str, str]:
    """Returns every table of the schema with its tenant column. Partitions are read through their parents."""
    rows = await connection.fetch(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition"
        " AND relname NOT IN ('alembic_version', 'applied_sql')"
    )
    return {row["relname"]: "id" if row["relname"] == "tenants" else "tenant_id" for row in rows}


async def snapshot(connection: asyncpg.Connection, tenant_id: UUID) -> dict[str, tuple[int, str]]:
    """Returns for each table the number of the tenant's rows, and a digest of them."""
    found: dict[str, tuple[int, str]] = {}
    for table, column in (await tables(connection)).items():
        row = await connection.fetchrow(
            f"SELECT count(*) AS n, coalesce(md5(string_agg(said, '|' ORDER BY said)), '') AS digest"
            f" FROM (SELECT (to_jsonb(t) - $2::text[])::text AS said FROM {table} t WHERE {column} = $1) rows",
            tenant_id,
            sorted(BOOKKEEPING.get(table, set())),
        )
        found[table] = (row["n"], row["digest"])
    return found
