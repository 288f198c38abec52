"""Checks the snapshots themselves: they see every change, and ignore the program's own retries."""

import asyncpg

from tests.integration.api.isolation.snapshots import BOOKKEEPING, snapshot
from tests.integration.api.isolation.tenant_objects import TenantObjects

SEEN = (
    "UPDATE leads SET first_name = 'Eve' WHERE tenant_id = $1",
    "UPDATE outbox SET command = 'stop' WHERE tenant_id = $1",
    "UPDATE webhook_deliveries SET status = 'failed' WHERE tenant_id = $1",
    "UPDATE batches SET status = 'superseded' WHERE tenant_id = $1",
    "DELETE FROM outbox WHERE tenant_id = $1",
    "INSERT INTO notifications (tenant_id, kind, message) VALUES ($1, 'sequence', 'Look')",
)


async def test_a_snapshot_sees_every_change(ours: TenantObjects, all_seeing: asyncpg.Connection) -> None:
    for statement in SEEN:
        before = await snapshot(all_seeing, ours.tenant.id)
        assert (await all_seeing.execute(statement, ours.tenant.id)).split()[-1] != "0", statement
        assert await snapshot(all_seeing, ours.tenant.id) != before, statement


async def test_a_snapshot_ignores_retries(ours: TenantObjects, all_seeing: asyncpg.Connection) -> None:
    before = await snapshot(all_seeing, ours.tenant.id)
    for table, columns in BOOKKEEPING.items():
        # The UPDATE proves that each column exists; a wrong name would be ignored silently otherwise.
        for column in columns:
            await all_seeing.execute(f"UPDATE {table} SET {column} = DEFAULT WHERE tenant_id = $1", ours.tenant.id)
    await all_seeing.execute(
        "UPDATE outbox SET attempts = attempts + 1, last_error = 'away', leased_until = now() WHERE tenant_id = $1",
        ours.tenant.id,
    )
    assert await snapshot(all_seeing, ours.tenant.id) == before
