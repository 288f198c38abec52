"""Releases while leads sleep: two versions of the code side by side, a patch, a ramp, a rollback, and a broken release.

Each version is its own worker process on the real dev server. `tests/engine/releases/` holds their workflows.
"""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import pytest

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.errors import StartError
from services.inbound.receiving import ReplyEvent
from tests.engine.releases.patched import FAREWELL, REST
from tests.engine.releases.running import Releases, history_facts, sleeps_for_days
from tests.engine.releases.running import releases as side_by_side
from tests.stage import Stage
from workflows.workflow_ids import mailbox_workflow_id

TWO_EMAILS = [
    {"key": "first", "type": "email", "config": {"subject": "First", "body_text": "Hi {{name}}"}},
    {"key": "wait", "type": "delay", "config": {"days": 3}},
    {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hi {{name}}"}},
]
BOTH = ["First", "Second"]


@pytest.fixture
async def releases(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> AsyncGenerator[Releases, None]:
    async with side_by_side(stage, migrated_postgres.app_url, temporal_server.address) as one:
        yield one


async def sleeping_lead(stage: Stage, sequence: UUID) -> tuple[UUID, UUID]:
    """Returns a lead that was sent the first email, and its enrollment, which waits three days for the second."""
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)

    async def waits() -> bool:
        return await sleeps_for_days(stage, enrollment)

    await stage.until(waits, "the first email was sent, and the workflow waits")
    return lead, enrollment


async def sent(stage: Stage, lead: UUID) -> list[str]:
    return await stage.subjects_to(lead)


async def until_history_refused(stage: Stage, enrollment: UUID) -> None:
    """Waits until a worker's code has refused that lead's history."""

    async def refused() -> bool:
        return (await history_facts(stage, enrollment)).disagreed

    await stage.until(refused, "the worker refuses the history")


async def test_sleeping_leads_continue_under_the_next_release(stage: Stage, releases: Releases) -> None:
    sequence = await stage.sequence(TWO_EMAILS)
    before_versions = await sleeping_lead(stage, sequence)

    await releases.start("plain", "1.0")
    said = await releases.cadenza("deploy", "current", "1.0")
    assert "1.0" in said
    await releases.spread()
    await stage.stop_worker()
    under_first = await sleeping_lead(stage, sequence)

    await releases.start("patched", "1.1")
    beside_second = await sleeping_lead(stage, sequence)
    await releases.current("1.1")
    under_second = await sleeping_lead(stage, sequence)
    await stage.forward(days=4)

    for lead, enrollment in (before_versions, under_first, beside_second, under_second):
        assert await stage.handle(enrollment).result() == "completed"
        assert await sent(stage, lead) == BOTH
        history = await history_facts(stage, enrollment)
        assert history.builds[-1] == "1.1"
        # A lead that was asleep has passed the first patch, and meets the second one for the first time.
        assert history.patches == ({REST, FAREWELL} if enrollment == under_second[1] else {FAREWELL})
    assert (await history_facts(stage, before_versions[1])).builds == ("1.1",)
    assert (await history_facts(stage, beside_second[1])).builds == ("1.0", "1.1")


async def test_a_ramp_runs_a_share_of_the_leads_on_the_new_version(stage: Stage, releases: Releases) -> None:
    await stage.stop_worker()
    await releases.started("plain", "1.0")
    await releases.start("patched", "1.1")
    said = await releases.cadenza("deploy", "ramp", "1.1", "40")
    assert "1.1 (40 %)" in said
    await releases.spread()
    sequence = await stage.sequence(TWO_EMAILS)
    leads = [await stage.lead() for _ in range(30)]
    enrollments = await stage.enroll(sequence, *leads)
    await stage.until_sent(30)
    tried = [one for one in enrollments if REST in (await history_facts(stage, one)).patches]
    # A wrong result by chance alone has a probability below one in a million.
    assert 0 < len(tried) < 30

    await releases.current("1.1")
    await stage.forward(days=4)
    for lead, enrollment in zip(leads, enrollments, strict=True):
        assert await stage.handle(enrollment).result() == "completed"
        assert await sent(stage, lead) == BOTH
        assert (await history_facts(stage, enrollment)).disagreed is False


async def test_a_rollback_holds_the_leads_that_took_the_patch_and_loses_none(stage: Stage, releases: Releases) -> None:
    await stage.stop_worker()
    await releases.started("plain", "1.0")
    sequence = await stage.sequence(TWO_EMAILS)
    old_lead, old = await sleeping_lead(stage, sequence)
    await releases.started("patched", "1.1")
    new_lead, new = await sleeping_lead(stage, sequence)
    assert REST in (await history_facts(stage, new)).patches

    await releases.current("1.0")
    await releases.wake(old)
    assert await stage.handle(old).result() == "completed"
    assert await sent(stage, old_lead) == BOTH
    waking = asyncio.create_task(releases.wake(new))
    await until_history_refused(stage, new)
    assert await sent(stage, new_lead) == ["First"]
    assert (await stage.state(new)).status == "active"

    await releases.current("1.1")
    await waking
    assert await stage.handle(new).result() == "completed"
    assert await sent(stage, new_lead) == BOTH


async def test_a_change_without_a_patch_sends_nothing_and_a_rollback_repairs_it(
    stage: Stage, releases: Releases
) -> None:
    await stage.stop_worker()
    await releases.started("plain", "1.0")
    sequence = await stage.sequence(TWO_EMAILS)
    lead, enrollment = await sleeping_lead(stage, sequence)
    replies_lead, replies = await sleeping_lead(stage, sequence)

    await releases.started("broken", "1.1")
    waking = asyncio.create_task(releases.wake(enrollment))
    await stage.tell(replies_lead, ReplyEvent(type="reply"))
    await until_history_refused(stage, enrollment)
    await until_history_refused(stage, replies)
    assert await sent(stage, lead) == ["First"]
    # Postgres records the reply, even if the workflow cannot continue now.
    assert (await stage.state(replies)).status == "stopped"

    await releases.current("1.0")
    await waking
    assert await stage.handle(enrollment).result() == "completed"
    assert await stage.handle(replies).result() == "stopped: replied"
    assert await sent(stage, lead) == BOTH
    assert await sent(stage, replies_lead) == ["First"]


async def test_inboxes_are_watched_under_the_current_version(stage: Stage, releases: Releases) -> None:
    await releases.started("plain", "1.0")
    (mailbox,) = await stage.query("SELECT id FROM mailboxes")
    await stage.parts.gateway.watch_mailbox(stage.tenant_id, mailbox.id)
    handle = stage.client.get_workflow_handle(mailbox_workflow_id(stage.tenant_id, mailbox.id))
    # The mailbox has no inbox, so the watch ends at once.
    assert await handle.result() == "unwatched"


async def test_a_worker_of_an_unused_version_gets_a_hint(stage: Stage, releases: Releases) -> None:
    deployment = releases.deployment
    assert await deployment.passes_by(None) is None
    assert "`cadenza deploy current 1.0`" in str(await deployment.passes_by("1.0"))
    await releases.started("plain", "1.0")
    assert await deployment.passes_by("1.0") is None
    assert "build ID 1.0" in str(await deployment.passes_by(None))
    with pytest.raises(StartError, match=stage.task_queue):
        await deployment.set_current("never started", within_seconds=0)
    assert "current" in await releases.cadenza("deploy", "status")
    assert await releases.cadenza("deploy", "current", "unversioned")
    assert await deployment.passes_by(None) is None
