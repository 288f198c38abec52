"""A worker process is killed (SIGKILL) at named moments of a send; another takes over."""

import asyncio

import pytest

from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from tests.stage import Stage
from tests.worker_process import worker_process

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}


@pytest.mark.parametrize(
    ("moment", "arrivals", "status"),
    [
        # The server has not yet been given the message: it is sent, once, by the next worker.
        ("at the recipient", 1, "sent"),
        # The final dot was written and read, but never answered: it did arrive, and is not sent again.
        ("at the final dot", 1, "unknown"),
    ],
)
async def test_kill_9_of_the_worker_in_the_middle_of_a_send(
    stage: Stage,
    migrated_postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
    moment: str,
    arrivals: int,
    status: str,
) -> None:
    await stage.stop_worker()
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    held = stage.sink.rcpt_gate if moment == "at the recipient" else stage.sink.gate
    held.clear()
    servers = (migrated_postgres.app_url, temporal_server.address)
    async with worker_process(stage, *servers) as first:
        (enrollment,) = await stage.enroll(sequence, lead)
        await asyncio.wait_for(stage.sink.at_gate.wait(), 60)
        first.kill()
        await first.wait()
    held.set()
    async with worker_process(stage, *servers):
        state = await stage.until_status(enrollment, "completed")
    # Others' mail may arrive as well: what an earlier test left under way.
    email = (await stage.lead_row(lead)).email
    assert len([one for one in stage.sink.received if one.to == email]) == arrivals
    assert stage.sink.duplicates() == []
    (message,) = await stage.query("SELECT status FROM messages WHERE enrollment_id = :id", id=enrollment)
    assert message.status == status
    assert ("email_outcome_unknown" in await stage.log(enrollment)) is (status == "unknown")
    assert state.emails_sent == (1 if status == "sent" else 0)
