"""The disk of Postgres, or that of Temporal, is full for a while.

Expected: nothing that was confirmed is lost. A write that finds no space is refused as 503 with the code
`database_full`. The outbox keeps what Temporal cannot accept. No server crashes repeatedly and loses data. Once there
is space, every enrollment reaches its end and every email is sent once.
"""

from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from db.outages import Outage, outage_of
from tests.own_postgres import as_superuser, own_postgres
from tests.small_disk import small_disk
from tests.stage import Stage
from tests.stage import stage as set_up
from workflows.search_attributes import REGISTRY

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
TAG = {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["mailed"]}}
LEADS_AT_A_TIME = 500
FULL_WITHIN = 100
"""At most this number of such batches uses up the space that is left for tables."""


async def test_enrollments_complete_after_the_disk_of_postgres_was_full(
    server_folder: Path, temporal_server: EmbeddedTemporal
) -> None:
    # The write-ahead log still has space in its open segment. It is the tables that cannot grow.
    async with (
        small_disk(server_folder / "small-postgres", 320) as disk,
        own_postgres(disk.folder, durable=True) as postgres,
        set_up(postgres.app_url, temporal_server.address) as stage,
    ):
        sequence = await stage.sequence([EMAIL, TAG])
        leads = [await stage.lead() for _ in range(10)]
        # A fresh log segment, so that the next writes need no further one.
        await as_superuser(postgres, "SELECT pg_switch_wal()", "CHECKPOINT")
        disk.fill()
        written = await _until_full(stage)
        # An enrollment that is under way meanwhile may succeed or not, and is not given up.
        enrollments = await _enrolled_until_full(stage, sequence, leads)
        disk.make_room()
        (count,) = await stage.query("SELECT count(*) AS leads FROM leads WHERE email LIKE 'many-%'")
        assert count.leads == written

        rest = [lead for lead in leads if lead not in enrollments]
        enrollments |= dict(zip(rest, await stage.enroll(sequence, *rest), strict=True))
        for enrollment in enrollments.values():
            state = await stage.until_status(enrollment, "completed", within_seconds=90)
            assert state.error is None
        assert len(stage.sink.received) == len(leads)
        assert stage.sink.duplicates() == []
        assert await _is_the_same_server(postgres)


async def _until_full(stage: Stage) -> int:
    """Writes leads until Postgres has no space. Returns how many were committed."""
    insert = (
        "INSERT INTO leads (tenant_id, email, first_name)"
        " SELECT :tenant_id, 'many-' || :turn || '-' || n || '@x.example', repeat('A', 90)"
        " FROM generate_series(1, :count) n"
    )
    for turn in range(FULL_WITHIN):
        try:
            await stage.query_write(insert, tenant_id=stage.tenant_id, turn=str(turn), count=LEADS_AT_A_TIME)
        except DBAPIError as error:
            assert outage_of(error) is Outage.FULL, error
            return turn * LEADS_AT_A_TIME
    raise AssertionError("the disk was never full")


async def _enrolled_until_full(stage: Stage, sequence: UUID, leads: list[UUID]) -> dict[UUID, UUID]:
    enrolled: dict[UUID, UUID] = {}
    for lead in leads:
        try:
            (enrolled[lead],) = await stage.enroll(sequence, lead)
        except DBAPIError as error:
            assert outage_of(error) is Outage.FULL, error
    return enrolled


async def _is_the_same_server(postgres: EmbeddedPostgres) -> bool:
    """Postgres has not crashed: after a crash it would have replayed its log."""
    return "database system was interrupted" not in postgres.log.read_text(errors="replace")


async def test_enrollments_complete_after_the_disk_of_temporal_was_full(
    migrated_postgres: EmbeddedPostgres, server_folder: Path
) -> None:
    names = [attribute.name for attribute in REGISTRY]
    async with (
        small_disk(server_folder / "small-temporal", 48) as disk,
        EmbeddedTemporal(disk.folder, search_attributes=names) as temporal,
        set_up(migrated_postgres.app_url, temporal.address) as stage,
    ):
        sequence = await stage.sequence([EMAIL, TAG])
        (before,) = await stage.enroll(sequence, await stage.lead())
        await stage.until_status(before, "completed")
        disk.fill()
        leads = [await stage.lead() for _ in range(20)]
        enrollments = await stage.enroll(sequence, *leads, dispatch=False)

        async def refused() -> bool:
            return bool((await stage.parts.dispatcher.dispatch(stage.tenant_id)).failed)

        await stage.until(refused, "Temporal refuses the start", 60)
        kept = await stage.query("SELECT 1 FROM outbox")
        assert kept
        assert temporal.child is not None

        disk.make_room()
        if temporal.child.ended:
            await temporal.start()
        await stage.until(lambda: _emptied(stage), "the outbox is delivered", 60)
        for enrollment in enrollments:
            await stage.until_status(enrollment, "completed", within_seconds=90)
        assert len(stage.sink.received) == 1 + len(leads)
        assert stage.sink.duplicates() == []


async def _emptied(stage: Stage) -> bool:
    await stage.parts.dispatcher.dispatch(stage.tenant_id)
    return await stage.query("SELECT 1 FROM outbox") == []
