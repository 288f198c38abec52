"""A worker is killed from outside (SIGKILL) while the mail server thinks about the final dot; another takes over.

The moments at which a process can be told to die by itself are in test_fault_points.py.
"""

import asyncio

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from tests.part_process import PATIENCE_SECONDS, part
from tests.stage import Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}


async def test_the_server_has_the_message_and_its_answer_is_never_heard(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    await stage.stop_worker()
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    stage.sink.gate.clear()
    async with part("worker", stage, migrated_postgres.app_url, temporal_server.address) as first:
        (enrollment,) = await stage.enroll(sequence, lead)
        await asyncio.wait_for(stage.sink.at_gate.wait(), PATIENCE_SECONDS)
        first.kill()
        await first.wait()
    stage.sink.gate.set()
    async with part("worker", stage, migrated_postgres.app_url, temporal_server.address):
        state = await stage.until_status(enrollment, "completed", within_seconds=PATIENCE_SECONDS)
    # It did arrive, and is not sent again.
    assert await stage.subjects_to(lead) == ["Hello Acme"]
    (message,) = await stage.query("SELECT status FROM messages WHERE enrollment_id = :id", id=enrollment)
    assert message.status == "unknown"
    assert "email_outcome_unknown" in await stage.log(enrollment)
    assert state.emails_sent == 0
