"""Opens and clicks by machines (scanners, prefetching clients) are stored with the rule that detected them, and never
counted."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from mail.links import MessageLinks
from services.inbound import tracking
from services.inbound.tracking import fetch_of
from tests.integration.api.client import Tenant, client_of
from tests.integration.api.inbound.test_api_tracking import BROWSER, TARGET, events, message_of

OTHER = "https://acme.example/about"
GMAIL = {"User-Agent": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"}
APPLE = {"User-Agent": "Mozilla/5.0"}
AGENT = {"user-agent": BROWSER["User-Agent"]}
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
BEFORE_NOON = timedelta(days=2)
"""Every message was sent long before `NOON`, at whatever time the test runs."""


async def rules(tenant: Tenant) -> list[tuple[str, str | None]]:
    rows = await tenant.query("SELECT type, detail->>'rule' AS rule FROM lead_engagement ORDER BY id")
    return [(row.type, row.rule) for row in rows]


async def counted(tenant: Tenant, lead_id: str) -> tuple[int, int, int]:
    state = await tenant.state(lead_id)
    return state["emails_opened"], state["emails_clicked"], state["engagement_score"]


async def fetch(app: FastAPI, url: str, headers: dict[str, str] = BROWSER) -> httpx.Response:
    async with client_of(app, None) as http:
        return await http.get(url, headers=headers)


async def look(tenant: Tenant, links: MessageLinks, at: datetime) -> None:
    """A person's mail program loads the image."""
    token = links.key.read(links.pixel.rpartition("/")[2].removesuffix(".gif"), "open")
    assert token is not None
    await tracking.opened(tenant.database, token, fetch_of("open", "GET", AGENT), at)


async def click(tenant: Tenant, links: MessageLinks, url: str, after: float = 0.0) -> None:
    """A browser follows a link that many seconds after `NOON`. The time is given, so a slow machine does not matter."""
    token = links.key.read(links.click(url).rpartition("/")[2], "click")
    assert token is not None
    await tracking.clicked(tenant.database, token, fetch_of("click", "GET", AGENT), NOON + timedelta(seconds=after))


async def test_fetches_right_after_delivery_are_a_machines(app: FastAPI, tenant: Tenant) -> None:
    # Well within the limit, even on a slow machine. Tests of the exact limits are in test_machines.py.
    lead_id, links = await message_of(tenant, sent=timedelta(minutes=-5))
    await fetch(app, links.pixel, GMAIL)
    assert (await fetch(app, links.click(TARGET))).headers["location"] == TARGET
    assert await rules(tenant) == [("open", "seconds_after_delivery"), ("click", "seconds_after_delivery")]
    assert await counted(tenant, lead_id) == (0, 0, 0)


async def test_time_since_delivery_uses_the_enrollments_own_clock(app: FastAPI, tenant: Tenant) -> None:
    """The clock was moved three days ahead, so the email's time is in the future of the real clock."""
    lead_id, links = await message_of(tenant)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE lead_sequence_state SET clock_offset = '3 days'"))
        await session.execute(text("UPDATE messages SET sent_at = now() + interval '3 days 5 minutes'"))
    await fetch(app, links.pixel)
    assert await rules(tenant) == [("open", "seconds_after_delivery")]
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE lead_sequence_state SET clock_offset = '3 days 1 hour'"))
    await look(tenant, links, datetime.now(UTC))
    assert await events(tenant) == [("open", True), ("open", False)]
    assert (await counted(tenant, lead_id))[0] == 1


async def test_time_since_delivery_counts_from_the_acceptance(app: FastAPI, tenant: Tenant) -> None:
    """A delivery attempt that was queued for an hour succeeds only now."""
    _, links = await message_of(tenant)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("UPDATE messages SET status = 'sending'"))
        await session.execute(text("UPDATE messages SET status = 'sent'"))
    [row] = await tenant.query("SELECT accepted_at - sent_at AS late, accepted_at FROM messages")
    assert row.late > timedelta(minutes=59)
    await look(tenant, links, row.accepted_at)
    assert await rules(tenant) == [("open", "seconds_after_delivery")]


async def test_clicks_on_several_links_at_once_are_all_a_machines(tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant, BEFORE_NOON)
    await click(tenant, links, TARGET)
    assert await counted(tenant, lead_id) == (1, 1, 4)  # a click, and the open that it implies
    await click(tenant, links, OTHER, after=2)
    assert await events(tenant) == [("open", True), ("click", True), ("click", True)]
    assert {rule for _, rule in await rules(tenant)} == {"every_link_at_once"}
    assert await counted(tenant, lead_id) == (0, 0, 0)
    [row] = await tenant.query("SELECT detail FROM sequence_execution_log WHERE event = 'relabelled'")
    assert row.detail == {"rule": "every_link_at_once", "clicks": 1, "opens": 1, "moved": False}
    # A person clicks after the scanner, within the same minute, and counts.
    await click(tenant, links, TARGET, after=20)
    assert await counted(tenant, lead_id) == (1, 1, 4)
    timeline = (await tenant.call("GET", f"/leads/{lead_id}/timeline"))["items"]
    labelled = [one["detail"] for one in timeline if one["event"] == "click"]
    assert labelled[0]["machine"] is True and labelled[0]["rule"] == "every_link_at_once"
    assert "machine" not in labelled[-1]


@pytest.mark.parametrize(
    ("clicks", "expected"),
    [
        ([(TARGET, 0.0), (OTHER, 4.0)], (1, 2, 7)),  # two links, one after the other
        ([(TARGET, 0.0), (TARGET, 1.0)], (1, 1, 4)),  # a double click
        ([(TARGET, 0.0), (OTHER, 1.0), (TARGET, 2.0)], (0, 3, 0)),
        ([(TARGET, 0.0), (OTHER, 2.0), (f"{OTHER}/3", 4.0), (f"{OTHER}/4", 6.0)], (0, 4, 0)),  # one every two seconds
        # A person's click an hour earlier stays. The scanner's first click is counted for a moment only.
        ([(TARGET, -3600.0), (TARGET, 0.0), (OTHER, 1.0)], (1, 3, 4)),
    ],
)
async def test_which_clicks_count_as_at_once(
    tenant: Tenant, clicks: list[tuple[str, float]], expected: tuple[int, int, int]
) -> None:
    """`expected`: messages opened (and clicked), click events, score."""
    lead_id, links = await message_of(tenant, BEFORE_NOON)
    for url, after in clicks:
        await click(tenant, links, url, after)
    opened, clicked, score = await counted(tenant, lead_id)
    kinds = [kind for kind, _ in await events(tenant) if kind == "click"]
    assert (opened, len(kinds), score) == expected and clicked == opened


async def test_links_of_two_messages_at_once_count_as_a_persons(tenant: Tenant) -> None:
    first, links = await message_of(tenant, BEFORE_NOON)
    async with tenant.database.write(tenant.id) as session:
        await session.execute(text("DELETE FROM mailboxes"))
    second, others = await message_of(tenant, BEFORE_NOON)
    await click(tenant, links, TARGET)
    await click(tenant, others, OTHER)
    assert await counted(tenant, first) == await counted(tenant, second) == (1, 1, 4)


async def test_a_loaded_image_stays_an_open_after_a_scanners_clicks(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant, BEFORE_NOON)
    await fetch(app, links.pixel, GMAIL)
    await click(tenant, links, TARGET)
    await click(tenant, links, OTHER)
    assert await counted(tenant, lead_id) == (1, 0, 1)


async def test_parallel_clicks_are_recognised_as_at_once(tenant: Tenant) -> None:
    """As scanners do. The enrollment has ended, so its lock does not order the requests."""
    lead_id, links = await message_of(tenant, BEFORE_NOON)
    await tenant.call("POST", f"/leads/{lead_id}/stop-sequence", json={"reason": "manual"})
    await asyncio.gather(*(click(tenant, links, f"https://acme.example/{number}") for number in range(8)))
    assert {machine for _, machine in await events(tenant)} == {True}
    assert await counted(tenant, lead_id) == (0, 0, 0)


async def test_machine_events_send_no_webhook_and_change_no_rate(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    types, active_at = ["email.opened", "email.clicked"], (await tenant.state(lead_id))["last_activity_at"]
    endpoint = await tenant.call(
        "POST", "/webhook-endpoints", 201, json={"url": "http://127.0.0.1:9/hook", "event_types": types}
    )
    for headers in (APPLE, {**BROWSER, "Sec-Purpose": "prefetch"}):
        await fetch(app, links.pixel, headers)
        await fetch(app, links.click(TARGET), headers)
    path = f"/webhook-endpoints/{endpoint['id']}/deliveries"
    assert (await tenant.call("GET", path))["items"] == []
    assert await counted(tenant, lead_id) == (0, 0, 0)
    assert (await tenant.state(lead_id))["last_activity_at"] == active_at
    sequence_id = (await tenant.state(lead_id))["sequence_id"]
    figures = await tenant.call("GET", f"/sequences/{sequence_id}/analytics")
    assert (figures["totals"]["emails_opened"], figures["totals"]["emails_clicked"]) == (0, 0)
    assert (figures["machine_opens"], figures["machine_clicks"]) == (1, 1)
    await fetch(app, links.click(TARGET))
    kinds = [one["event_type"] for one in (await tenant.call("GET", path))["items"]]
    assert sorted(kinds) == ["email.clicked", "email.opened"]


async def test_a_click_implies_no_open_where_opens_are_not_tracked(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    async with tenant.database.write(tenant.id) as session:
        settings = """UPDATE sequence_versions SET plan = jsonb_set(plan, '{settings,track_opens}', 'false')"""
        await session.execute(text(settings))
    await fetch(app, links.click(TARGET))
    assert await counted(tenant, lead_id) == (0, 1, 3)


async def test_an_image_loaded_after_a_click_is_the_same_open(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    await fetch(app, links.click(TARGET))
    await fetch(app, links.pixel, GMAIL)
    assert (await counted(tenant, lead_id))[0] == 1


async def test_a_flood_of_clicks_is_recorded_once_and_redirected_each_time(app: FastAPI, tenant: Tenant) -> None:
    lead_id, links = await message_of(tenant)
    url = links.click(TARGET)
    async with client_of(app, None) as http:
        answers = await asyncio.gather(*(http.get(url, headers=BROWSER) for _ in range(300)))
    assert {answer.headers["location"] for answer in answers} == {TARGET}
    state = await tenant.state(lead_id)
    assert state["emails_clicked"] == 1
    kinds = [kind for kind, _ in await events(tenant) if kind == "click"]
    assert 1 <= len(kinds) <= 2  # two if a minute ends in between
