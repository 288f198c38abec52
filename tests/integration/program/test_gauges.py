"""The gauges of the installation, counted in a separate database: sums over all tenants, and nothing else."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.maintenance.migrate import upgrade
from db.calls.analytics import refresh_performance
from db.queries.gauges import read_gauges
from services.observability.gauges import GaugesCollector
from tests.stage import new_tenant, stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
HOUR = timedelta(hours=1).total_seconds()


def in_database(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + f"/{name}"


async def test_gauges_count_all_tenants(postgres_server: EmbeddedPostgres, temporal_server: EmbeddedTemporal) -> None:
    await postgres_server.create_database("gauges")
    await asyncio.to_thread(upgrade, in_database(postgres_server.owner_url, "gauges"))
    async with stage(in_database(postgres_server.app_url, "gauges"), temporal_server.address) as one:
        await one.stop_worker()
        nothing = await read_gauges(one.database)
        assert (nothing.outbox.rows, nothing.outbox.oldest_seconds) == (0, 0)
        assert (nothing.steps.due, nothing.steps.failing, nothing.steps.lag_seconds) == (0, 0, 0)

        other = replace(one, tenant_id=await new_tenant(one.database))
        (late,) = await one.enroll(await one.sequence([EMAIL]), await one.lead(), dispatch=False)
        failing, ahead, asleep = await other.enroll(
            await other.sequence([EMAIL]), *[await other.lead() for _ in range(3)], dispatch=False
        )
        move = "UPDATE lead_sequence_state SET next_action_at = now() + CAST(:by AS interval)"
        await one.query_write(f"{move} WHERE id = :id", by=-timedelta(hours=1), id=late)
        await other.query_write(f"{move}, error = 'try later' WHERE id = :id", by=-timedelta(hours=9), id=failing)
        await other.query_write(f"{move} WHERE id = :id", by=timedelta(hours=1), id=asleep)
        # An enrollment whose clock was moved forward: due by its own clock, not by the real one.
        await other.query_write(f"{move}, clock_offset = '2 hours' WHERE id = :id", by=timedelta(minutes=90), id=ahead)
        await one.query_write("UPDATE outbox SET created_at = now() - interval '1 hour'")
        await other.query_write("UPDATE mailboxes SET status = 'held', refusals = 3")
        await other.query_write(
            "INSERT INTO send_slots (tenant_id, mailbox_id, step_id, visit, status, at, day)"
            " SELECT tenant_id, id, gen_random_uuid(), 1, slot, now(), now()"
            " FROM mailboxes CROSS JOIN unnest(ARRAY['held', 'held', 'used']) slot"
        )
        await refresh_performance(one.database)

        gauges = await read_gauges(one.database)
        assert gauges.outbox.rows == 4
        assert HOUR <= gauges.outbox.oldest_seconds < 2 * HOUR
        assert (gauges.steps.due, gauges.steps.failing) == (2, 1)
        assert HOUR <= gauges.steps.lag_seconds < 2 * HOUR, "one that fails is late for a reason of its own"
        assert gauges.slots_held == 2
        assert gauges.mailboxes == {"active": 1, "held": 1, "failing": 1}
        assert gauges.enrollments == {"pending": 4, "active": 0, "paused": 0, "failed": 0}

        scraped = (await GaugesCollector(one.database).scrape()).decode()
        assert 'cadenza_enrollments{status="pending"} 4.0' in scraped
        assert "cadenza_send_slots_held 2.0" in scraped
    await postgres_server.drop_database("gauges")
