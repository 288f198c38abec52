"""A scanner on the way to a lead: what its fetches do to a lead that is on its way through a sequence."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.inbound.machines import Fetch
from mail.links import Token
from services.inbound.tracking import clicked, opened
from tests.stage import LINKS, Stage

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
INTRO = {
    "key": "intro",
    "type": "email",
    "config": {
        "subject": "Hello",
        "body_html": '<a href="https://acme.example/1">One</a> <a href="https://acme.example/2">Two</a>',
    },
}


async def links_of(stage: Stage) -> list[Token]:
    """The tokens of the two links in the email that left last."""
    found = re.findall(rb"/t/c/([\w-]+)", stage.sink.received[-1].raw.replace(b"=\r\n", b""))
    tokens = [LINKS.key.read(token.decode(), "click") for token in found]
    return [token for token in tokens if token is not None]


async def click(stage: Stage, token: Token, after: float, agent: str = BROWSER) -> None:
    """So many seconds after the email was taken, on the enrollment's clock."""
    [sent] = await stage.query("SELECT accepted_at FROM messages WHERE id = :id", id=token.message_id)
    at = sent.accepted_at + timedelta(seconds=after)
    await clicked(stage.database, token, Fetch("click", "GET", agent), at)
    await stage.parts.dispatcher.dispatch(stage.tenant_id)


async def waiting(stage: Stage, event: str) -> UUID:
    wait: dict[str, Any] = {"key": "wait", "type": "wait_for", "config": {"event": event, "timeout_days": 5}}
    wait["config"] |= {"on_event": {"stop": True, "reason": "warm"}, "on_timeout": {"stop": True, "reason": "cold"}}
    (enrollment,) = await stage.enroll(await stage.sequence([INTRO, wait]), await stage.lead())
    await stage.until_sent(1)

    async def waits() -> bool:
        return (await stage.state(enrollment)).waiting_for is not None

    await stage.until(waits, "the lead waits")
    return enrollment


async def test_a_scanner_ends_no_wait_and_the_person_after_it_does(stage: Stage) -> None:
    enrollment = await waiting(stage, "clicked")
    one, two = await links_of(stage)
    for token in (one, two):
        await click(stage, token, after=2)
    await click(stage, one, after=3600, agent="curl/8.5.0")
    picture = Token("open", stage.tenant_id, one.message_id)
    [sent] = await stage.query("SELECT accepted_at FROM messages")
    await opened(stage.database, picture, Fetch("open", "GET", "Mozilla/5.0"), sent.accepted_at + timedelta(hours=1))
    state = await stage.state(enrollment)
    assert (state.status, state.waiting_for, state.engagement_score) == ("active", "click", 0)
    assert "heard" not in await stage.log(enrollment)
    rows = await stage.query("SELECT detail->>'rule' AS rule FROM lead_engagement ORDER BY id")
    assert [row.rule for row in rows] == [
        *["seconds_after_delivery", "seconds_after_delivery", "http_library", "apple_mail_privacy"]
    ]
    await click(stage, one, after=7200)
    assert (await stage.until_status(enrollment, "stopped")).stop_reason == "warm"


@pytest.mark.parametrize("event", ["clicked", "opened"])
async def test_what_a_scanner_has_moved_stays_moved_and_is_logged(stage: Stage, event: str) -> None:
    """The first of its clicks looks like a person's, and like an open."""
    enrollment = await waiting(stage, event)
    one, two = await links_of(stage)
    await stage.query_write("UPDATE messages SET accepted_at = accepted_at - interval '1 hour'")
    await click(stage, one, after=3600)
    assert (await stage.until_status(enrollment, "stopped")).stop_reason == "warm"
    await click(stage, two, after=3601)
    state = await stage.state(enrollment)
    assert (state.stop_reason, state.emails_opened, state.emails_clicked, state.engagement_score) == ("warm", 0, 0, 0)
    [row] = await stage.query("SELECT detail FROM sequence_execution_log WHERE event = 'relabelled'")
    assert row.detail == {"rule": "every_link_at_once", "clicks": 1, "opens": 1, "moved": True}


async def test_an_author_may_count_machines(stage: Stage) -> None:
    wait = {"key": "wait", "type": "delay", "config": {"days": 1}}
    check = {
        "key": "check",
        "type": "condition",
        "config": {
            "branches": [
                {"if": "clicked", "then": {"stop": True, "reason": "a person"}},
                {"if": {"clicked": {"include_machine": True}}, "then": {"stop": True, "reason": "a machine"}},
            ]
        },
    }
    sequence = await stage.sequence([INTRO, wait, check])
    (enrollment,) = await stage.enroll(sequence, await stage.lead())
    await stage.until_sent(1)
    await stage.until_status(enrollment, "active")
    one, _ = await links_of(stage)

    async def delivered() -> bool:
        return (await stage.query("SELECT accepted_at FROM messages"))[0].accepted_at is not None

    await stage.until(delivered, "the email is recorded")
    await click(stage, one, after=1)
    await stage.forward(days=2)
    assert (await stage.until_status(enrollment, "stopped")).stop_reason == "a machine"
