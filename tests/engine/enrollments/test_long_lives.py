"""A lead in a loop lives on in new runs, and nothing that was told to it is lost between them."""

from pathlib import Path

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from services.inbound.receiving import OpenEvent
from tests.stage import stage as set_up
from workflows.search_attributes import REGISTRY

# A newsletter until it is opened: the loop comes back to the same email, each visit once.
LOOP = [
    {"key": "news", "type": "email", "config": {"subject": "News", "body_text": "Hi {{name}}"}},
    {"key": "a-week", "type": "delay", "config": {"days": 7}},
    {
        "key": "opened",
        "type": "condition",
        "config": {
            "branches": [{"if": "opened", "then": {"stop": True, "reason": "opened"}}],
            "else": {"goto": "news"},
        },
    },
]


async def test_a_loop_mails_once_a_visit_and_continues_as_new(
    migrated_postgres: EmbeddedPostgres, server_folder: Path
) -> None:
    suggested_early = ["limit.historyCount.suggestContinueAsNew=20"]
    async with (
        EmbeddedTemporal(
            server_folder / "temporal-loop",
            search_attributes=[key.name for key in REGISTRY],
            in_memory=True,
            dynamic_config=suggested_early,
        ) as temporal,
        set_up(migrated_postgres.app_url, temporal.address) as stage,
    ):
        sequence, lead = await stage.sequence(LOOP), await stage.lead()
        (enrollment,) = await stage.enroll(sequence, lead)
        await stage.until_sent(1)
        first_run = (await stage.handle(enrollment).describe()).run_id
        for _ in range(5):
            await stage.forward(days=7, hours=1)
        assert stage.sink.subjects() == ["News"] * 6
        assert stage.sink.duplicates() == []
        assert (await stage.handle(enrollment).describe()).run_id != first_run
        # A pause and what came before the new run still hold.
        await stage.pause(lead)
        await stage.forward(days=30)
        assert len(stage.sink.received) == 6
        await stage.resume(lead)
        await stage.tell(lead, OpenEvent(type="open"))
        await stage.forward(days=8)
        state = await stage.until_status(enrollment, "stopped")
        assert (state.stop_reason, state.emails_sent) == ("opened", 6)
        assert await stage.handle(enrollment).result() == "stopped: opened"
