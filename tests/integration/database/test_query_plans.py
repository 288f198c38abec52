"""The queries of the hot paths use the indexes made for them, on tables of some size, under row level security."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.maintenance.migrate import upgrade
from db.session import Database
from tests.integration.database.test_schema import in_database

TENANT = "00000000-0000-4000-8000-000000000001"

# Ten tenants of 2,000 leads; a tenth of their enrollments is live, and each has messages, a log and engagement.
FILL = """
INSERT INTO tenants (id, name)
SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'tenant ' || n FROM generate_series(1, 10) n;
INSERT INTO mailboxes (tenant_id, email) SELECT id, 'sam@sender.example' FROM tenants;
INSERT INTO leads (tenant_id, email) SELECT id, 'lead' || n || '@acme.example' FROM tenants, generate_series(1, 2000) n;
INSERT INTO sequences (tenant_id, name) SELECT id, 'sequence ' || n FROM tenants, generate_series(1, 5) n;
INSERT INTO sequence_versions (tenant_id, sequence_id, version, plan) SELECT tenant_id, id, 1, '{}' FROM sequences;
INSERT INTO lead_sequence_state
       (tenant_id, lead_id, sequence_id, version_id, status, next_action_at, enrolled_at, ended_at)
SELECT l.tenant_id, l.id, v.sequence_id, v.id, state,
       CASE WHEN state = 'active' THEN now() + random() * interval '9 days' END, now(),
       CASE WHEN state = 'completed' THEN now() END
  FROM (SELECT *, CASE WHEN random() < 0.1 THEN 'active' ELSE 'completed' END AS state FROM leads) l
  JOIN sequence_versions v ON v.tenant_id = l.tenant_id;
INSERT INTO messages (tenant_id, enrollment_id, lead_id, sequence_id, mailbox_id, step_id, visit, status,
                      rfc_message_id, subject, reserved_at, sending_at)
SELECT s.tenant_id, s.id, s.lead_id, s.sequence_id, m.id, gen_random_uuid(), 1,
       CASE WHEN random() < 0.001 THEN 'sending' ELSE 'sent' END, gen_random_uuid()::text, '', now(), now()
  FROM lead_sequence_state s JOIN mailboxes m USING (tenant_id);
INSERT INTO sequence_execution_log (tenant_id, enrollment_id, sequence_id, lead_id, event, occurred_at)
SELECT tenant_id, id, sequence_id, lead_id, 'waiting', now() - random() * interval '60 days' FROM lead_sequence_state;
INSERT INTO lead_engagement (tenant_id, lead_id, enrollment_id, message_id, sequence_id, type, occurred_at)
SELECT tenant_id, lead_id, enrollment_id, id, sequence_id, 'open', now() FROM messages;
INSERT INTO outbox (tenant_id, enrollment_id, command)
SELECT tenant_id, id, 'start' FROM lead_sequence_state WHERE status = 'active';
INSERT INTO api_keys (tenant_id, name, prefix, key_hash, scopes)
SELECT id, '', '', sha256((id || n::text)::bytea), '{read}' FROM tenants, generate_series(1, 200) n;
ANALYZE;
"""

PLANS = {
    "lead_sequence_state_live": (
        "SELECT id FROM lead_sequence_state WHERE tenant_id = :t AND lead_id = :id AND sequence_id = :id"
        " AND is_live(status)"
    ),
    "lead_sequence_state_by_lead": (
        "SELECT id FROM lead_sequence_state WHERE tenant_id = :t AND lead_id = :id ORDER BY enrolled_at DESC"
    ),
    "lead_sequence_state_by_sequence": (
        "SELECT count(*) FROM lead_sequence_state WHERE tenant_id = :t AND sequence_id = :id AND status = 'active'"
    ),
    "lead_sequence_state_due": (
        "SELECT id FROM lead_sequence_state WHERE status IN ('pending', 'active')"
        " AND next_action_at < now() - interval '2 minutes'"
    ),
    "sequence_execution_log_by_enrollment": (
        "SELECT event FROM sequence_execution_log WHERE tenant_id = :t AND enrollment_id = :id ORDER BY id"
    ),
    "sequence_execution_log_by_lead": (
        "SELECT event FROM sequence_execution_log WHERE tenant_id = :t AND lead_id = :id ORDER BY id"
    ),
    "sequence_execution_log_by_sequence": (
        "SELECT event FROM sequence_execution_log WHERE tenant_id = :t AND sequence_id = :id"
        " AND occurred_at <= now() AND (occurred_at, id) < (now(), 5) ORDER BY occurred_at DESC, id DESC LIMIT 51"
    ),
    "messages_by_sequence": (
        "SELECT emails_sent FROM sequence_performance_live WHERE tenant_id = :t AND sequence_id = :id"
    ),
    "lead_engagement_by_sequence": (
        "SELECT emails_opened FROM sequence_performance_live WHERE tenant_id = :t AND sequence_id = :id"
    ),
    "sequence_performance_key": "SELECT * FROM tenant_sequence_performance WHERE tenant_id = :t AND sequence_id = :id",
    "lead_engagement_by_enrollment": ("SELECT type FROM lead_engagement WHERE tenant_id = :t AND enrollment_id = :id"),
    "outbox_by_enrollment": "SELECT 1 FROM outbox WHERE tenant_id = :t AND enrollment_id = :id AND id < 5",
    "messages_step_key": "SELECT 1 FROM messages WHERE tenant_id = :t AND enrollment_id = :id AND step_id = :id",
    "messages_by_lead": (
        "SELECT sent_at FROM messages WHERE tenant_id = :t AND lead_id = :id AND status = 'sent'"
        " ORDER BY sent_at DESC OFFSET 4 LIMIT 1"
    ),
    "messages_unsettled": "SELECT id FROM messages WHERE tenant_id = :t AND status = 'sending' AND sending_at < now()",
    "leads_email_key": "SELECT id FROM leads WHERE tenant_id = :t AND email = 'ada@acme.example'",
    "api_keys_key_hash_key": "SELECT tenant_id FROM api_keys WHERE key_hash = '\\x00'",
}


LEAD = "SELECT lead_id FROM lead_sequence_state LIMIT 1"
SEQUENCE = "SELECT id FROM sequences LIMIT 1"
SAMPLE = {
    "lead_sequence_state_by_sequence": SEQUENCE,
    "sequence_execution_log_by_sequence": SEQUENCE,
    "messages_by_sequence": SEQUENCE,
    "lead_engagement_by_sequence": SEQUENCE,
    "sequence_performance_key": SEQUENCE,
    "messages_step_key": "SELECT id FROM lead_sequence_state LIMIT 1",
}


PARTITION_INDEXES = text("""
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = CAST(:index AS regclass)
""")


@pytest.fixture(scope="module")
async def filled(postgres_server: EmbeddedPostgres) -> AsyncGenerator[Database, None]:
    name = f"plans_{uuid4().hex[:8]}"
    await postgres_server.create_database(name)
    await asyncio.to_thread(upgrade, in_database(postgres_server.owner_url, name))
    connection = await asyncpg.connect(in_database(postgres_server.superuser_url, name))
    await connection.execute(
        "SELECT make_log_month((now() - n * interval '1 month')::date) FROM generate_series(1, 2) n"
    )
    await connection.execute(FILL)
    await connection.execute("SELECT refresh_sequence_performance()")
    await connection.execute("ANALYZE")
    await connection.close()
    database = Database(in_database(postgres_server.app_url, name))
    yield database
    await database.aclose()


@pytest.mark.parametrize("index", sorted(PLANS))
async def test_queries_use_their_indexes(filled: Database, index: str) -> None:
    """On the app's role: a filter that were not leakproof would lose its index."""
    async with filled.read(UUID(TENANT)) as session:
        parameters = {"t": UUID(TENANT), "id": await session.scalar(text(SAMPLE.get(index, LEAD)))}
        explained = await session.execute(text(f"EXPLAIN {PLANS[index]}"), parameters if ":t" in PLANS[index] else {})
        plan = "\n".join(explained.scalars())
        of_partitions = (await session.execute(PARTITION_INDEXES, {"index": index})).scalars().all()
    used = [name for name in (index, *of_partitions) if name in plan]
    assert used, plan
    if of_partitions:
        # The log has rows in at least two months, and each is found by its index.
        assert len(used) >= 2, plan


async def test_the_minutely_pass_reads_what_is_overdue_and_not_what_sleeps(filled: Database) -> None:
    """Counted in pages, since a plan inside a function is not told: all enrollments lie on several hundred."""
    ask = text("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM overdue_enrollments(:t, interval '2 min', 200)")
    async with filled.read(UUID(TENANT)) as session:
        await session.execute(ask, {"t": UUID(TENANT)})  # reads the catalogs, too
        (explained,) = (await session.execute(ask, {"t": UUID(TENANT)})).scalar_one()
    plan = explained["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 50


async def test_a_small_enrollment_is_found_by_its_key_before_any_statistics(postgres_server: EmbeddedPostgres) -> None:
    """What a foreign key asks. Its plan is made once for each connection, perhaps when the first lead is enrolled: a
    plan that reads all enrollments of the tenant would be kept for the next ten thousand."""
    await postgres_server.create_database("fresh")
    await asyncio.to_thread(upgrade, in_database(postgres_server.owner_url, "fresh"))
    connection = await asyncpg.connect(in_database(postgres_server.superuser_url, "fresh"))
    plan = await connection.fetch(
        f"EXPLAIN SELECT 1 FROM ONLY lead_sequence_state x WHERE tenant_id = '{TENANT}' AND id = '{TENANT}'"
        " FOR KEY SHARE OF x"
    )
    await connection.close()
    assert any("lead_sequence_state_pkey" in row[0] for row in plan), plan
