"""Variants of an email: each lead gets one and keeps it, and on request the best one replaces the others."""

from collections import Counter
from typing import Any

from services.inbound.receiving import ReplyEvent
from services.sequences.draft_steps import change_step
from services.sequences.variants import decide_all_winners
from tests.stage import Stage

LEADS = 40


def email(**config: Any) -> dict[str, Any]:
    variants = [
        {"name": "short", "weight": 3, "subject": "Short {{ company }}"},
        {"name": "long", "weight": 1, "subject": "Long {{ company }}"},
        {"name": "retired", "weight": 0, "subject": "Retired"},
    ]
    return {
        "key": "intro",
        "type": "email",
        "config": {"subject": "Hello", "body_text": "Hello", "variants": variants, **config},
    }


BACK = {
    "key": "again",
    "type": "condition",
    "config": {"branches": [{"if": "not_replied", "then": {"goto": "intro"}}], "else": {"continue": True}},
}


async def test_each_lead_gets_a_variant_by_weight_and_keeps_it(stage: Stage) -> None:
    sequence = await stage.sequence([email(), {"key": "wait", "type": "delay", "config": {"days": 1}}, BACK])
    leads = [await stage.lead() for _ in range(LEADS)]
    await stage.enroll(sequence, *leads)
    await stage.until_sent(LEADS)
    shares = Counter(stage.sink.subjects())
    assert shares.keys() == {"Short Acme", "Long Acme"}
    assert shares["Short Acme"] > shares["Long Acme"]
    await stage.forward(days=1, hours=1)
    await stage.until_sent(2 * LEADS)
    for lead in leads:
        first, second = stage.sink.subjects((await stage.lead_row(lead)).email)
        assert first == second
    rows = await stage.query("SELECT variant, subject FROM messages")
    assert {(row.variant, row.subject) for row in rows} == {("short", "Short Acme"), ("long", "Long Acme")}
    logged = await stage.query(
        "SELECT DISTINCT detail->>'variant' AS variant FROM sequence_execution_log WHERE event = 'email_sent'"
    )
    assert {row.variant for row in logged} == {"short", "long"}


async def test_the_variant_with_most_replies_replaces_the_others(stage: Stage) -> None:
    sequence = await stage.sequence([email(auto_winner={"min_sample": 5, "certainty": 0.9})])
    leads = [await stage.lead() for _ in range(LEADS)]
    await stage.enroll(sequence, *leads)
    await stage.until_sent(LEADS)
    for lead in leads:
        if stage.sink.subjects((await stage.lead_row(lead)).email) == ["Long Acme"]:
            await stage.tell(lead, ReplyEvent(type="reply"))
    assert await decide_all_winners(stage.database) == 0, "nothing is counted yet"
    await stage.query_write("SELECT refresh_sequence_performance()")
    assert await decide_all_winners(stage.database) == 1
    (won,) = await stage.query("SELECT variant FROM variant_winners")
    assert won.variant == "long"
    stage.sink.received.clear()
    await stage.enroll(sequence, *[await stage.lead() for _ in range(8)])
    await stage.until_sent(8)
    assert set(stage.sink.subjects()) == {"Long Acme"}
    # An edit that removes the winner makes the other variants compete again.
    without = [{"name": "short", "subject": "Short"}, {"name": "shorter", "subject": "Shorter"}]
    config = {**email(auto_winner={"min_sample": 5})["config"], "variants": without}
    await stage.edit(sequence, lambda session: change_step(session, sequence, "intro", {"config": config}))
    stage.sink.received.clear()
    await stage.enroll(sequence, *[await stage.lead() for _ in range(12)])
    await stage.until_sent(12)
    assert set(stage.sink.subjects()) == {"Short", "Shorter"}
