"""The clocks of Postgres, the API and the workers differ from Temporal's by minutes, ahead or behind.

Expected (docs/clocks.md): every enrollment reaches its end. No email is early, or later than the clocks differ. Nothing
loops, and the pass over overdue enrollments does not wake those that are due only by another clock. An open by a person
counts as one. A time that is read on another machine is valid within its tolerance.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import httpx
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.service import RPCError

from cadenza.embedded.temporal_server import EmbeddedTemporal
from mail.links import Token
from services.access.api_keys import create_key
from services.dispatch import dispatcher as dispatch
from tests.api_process import running_api
from tests.integration.api.inbound.inbound_mail import mail, signed
from tests.own_postgres import own_postgres
from tests.part_process import part
from tests.shifted_clock import shifted
from tests.stage import LINKS, Stage
from tests.stage import stage as set_up
from webhooks.signing import new_secret

SIGNING_KEY = "a key that signs the links in mail of tests"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SECRET = new_secret()
PASSES = 5


def email(key: str) -> dict[str, object]:
    return {"key": key, "type": "email", "config": {"subject": key, "body_text": "Hi {{name}}"}}


STEPS = [
    email("first"),
    {
        "key": "listen",
        "type": "wait_for",
        "config": {"event": "opened", "timeout_days": 5, "on_timeout": {"stop": True, "reason": "cold"}},
    },
    email("second"),
    {"key": "wait", "type": "delay", "config": {"minutes": 20}},
    email("third"),
]


class Apart(NamedTuple):
    """Seconds from Temporal's clock, which is also the clock of this process."""

    postgres: int
    worker: int
    api: int


@asynccontextmanager
async def apart(
    clocks: Apart, folder: Path, temporal: EmbeddedTemporal
) -> AsyncGenerator[tuple[Stage, httpx.AsyncClient], None]:
    async with (
        own_postgres(folder / f"clocks{clocks.postgres:+d}", environment=shifted(clocks.postgres, folder)) as postgres,
        set_up(postgres.app_url, temporal.address) as stage,
    ):
        await stage.stop_worker()
        settings = {
            "CADENZA_TASK_QUEUE": stage.task_queue,
            "CADENZA_SIGNING_KEY": SIGNING_KEY,
            "CADENZA_INBOUND_WEBHOOK_SECRET": SECRET,
            **shifted(clocks.api, folder),
        }
        async with stage.database.write(stage.tenant_id) as session:
            key = (await create_key(session, name="clocks", scopes=["admin"])).key
        async with (
            part("worker", stage, postgres.app_url, temporal.address, **shifted(clocks.worker, folder)),
            running_api(postgres, temporal, **settings) as url,
            httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as http,
        ):
            yield stage, http


@pytest.mark.parametrize(
    ("clocks", "inbound"),
    [(Apart(postgres=420, worker=-300, api=-180), 200), (Apart(postgres=-420, worker=300, api=360), 401)],
    ids=["postgres-ahead", "postgres-behind"],
)
async def test_an_enrollment_completes_although_the_clocks_differ(
    clocks: Apart,
    inbound: int,
    server_folder: Path,
    temporal_server: EmbeddedTemporal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # An enrollment that is due by Postgres' clock is asked about at once, not two minutes later.
    monkeypatch.setattr(dispatch, "OVERDUE_AFTER", timedelta(0))
    async with apart(clocks, server_folder, temporal_server) as (stage, http):
        lead = await stage.lead()
        body = {"sequence_id": str(await stage.sequence(STEPS)), "lead_ids": [str(lead)]}
        answer = await http.post("/leads/enroll-in-sequence", json=body)
        assert answer.status_code == 200, answer.text
        enrollment = UUID(answer.json()["enrolled"][0]["enrollment_id"])
        if clocks.postgres > 0:
            await _passes_over_the_overdue(stage)
            # Due now by the clock that enrolled it, and in seven minutes by the clock that wakes it: it is not later
            # than that.
            assert stage.sink.received == []
            await _forward(stage, enrollment, seconds=clocks.postgres + 5)
        await _until_sent(stage, "first")
        await _opened_by_a_person(stage, http, enrollment)
        await _until_sent(stage, "second")

        await _until_it_waits(stage, enrollment)
        due = (await stage.state(enrollment)).next_action_at
        await stage.pause(lead)
        await stage.resume(lead)
        assert (await stage.state(enrollment)).next_action_at - due < timedelta(minutes=1)
        await _passes_over_the_overdue(stage)
        await _forward(stage, enrollment, seconds=18 * 60)
        await _passes_over_the_overdue(stage)
        assert stage.sink.subjects() == ["first", "second"]
        await _forward(stage, enrollment, seconds=3 * 60)
        await stage.until_status(enrollment, "completed")
        assert stage.sink.subjects() == ["first", "second", "third"]

        # Each email takes one activity and one attempt. A pass over the overdue signals a workflow once, not each time.
        kinds = await _events(stage, enrollment)
        assert kinds["ACTIVITY_TASK_SCHEDULED"] == kinds["ACTIVITY_TASK_COMPLETED"] <= 5
        assert kinds["WORKFLOW_EXECUTION_SIGNALED"] <= 3 + 3  # The open, the pause and the resume: one reminder each.
        assert kinds.total() <= 80

        raw = mail("somebody@else.example", "sam@sender.example")
        handed_over = await http.post("/webhooks/inbound-email", content=raw, headers=signed(raw, SECRET))
        assert handed_over.status_code == inbound, handed_over.text


@pytest.mark.parametrize(
    "clocks",
    [Apart(postgres=420, worker=-300, api=-180), Apart(postgres=-420, worker=300, api=360)],
    ids=["postgres-ahead", "postgres-behind"],
)
async def test_a_daily_limit_holds_although_the_clocks_differ(
    clocks: Apart, server_folder: Path, temporal_server: EmbeddedTemporal
) -> None:
    async with apart(clocks, server_folder, temporal_server) as (stage, http):
        await stage.query_write("UPDATE mailboxes SET daily_cap = 2, timezone = 'UTC'")
        leads = [str(await stage.lead()) for _ in range(6)]
        body = {"sequence_id": str(await stage.sequence([email("only")])), "lead_ids": leads}
        answer = await http.post("/leads/enroll-in-sequence", json=body)
        enrollments = [UUID(one["enrollment_id"]) for one in answer.json()["enrolled"]]
        for enrollment in enrollments if clocks.postgres > 0 else []:
            await _until_it_has_a_timer(stage, enrollment)
            await _forward(stage, enrollment, seconds=clocks.postgres + 5)
        await stage.until(lambda: _have_a_slot(stage, 6), "each lead has asked for a slot", 60)
        for _ in range(3):
            for enrollment in enrollments:
                if (await stage.state(enrollment)).ended_at is None:
                    await _forward(stage, enrollment, seconds=86_400)
        for enrollment in enrollments:
            await stage.until_status(enrollment, "completed")
        sent = await stage.query("SELECT sent_at FROM messages WHERE status = 'sent'")
        assert Counter(Counter(row.sent_at.date() for row in sent).values()) == Counter({2: 3})
        # The email is deferred once, by a clock that still agrees when the lead wakes: no lead asks twice for its day.
        asked = [(await _events(stage, one))["ACTIVITY_TASK_SCHEDULED"] for one in enrollments]
        assert sorted(asked) == [1, 1, 2, 2, 2, 2]


async def _until_it_has_a_timer(stage: Stage, enrollment: UUID) -> None:
    async def has() -> bool:
        with suppress(RPCError):  # It does not exist before the API has told Temporal about it.
            return (await _events(stage, enrollment))["TIMER_STARTED"] > 0
        return False

    await stage.until(has, "the workflow waits", 60)


async def _have_a_slot(stage: Stage, count: int) -> bool:
    slots = "SELECT count(*) AS n FROM send_slots WHERE status IN ('held', 'used') AND enrollment_id IS NOT NULL"
    return (await stage.query(slots))[0].n >= count


async def _passes_over_the_overdue(stage: Stage) -> None:
    for _ in range(PASSES):
        counts = await stage.parts.dispatcher.run(stage.tenant_id)
        assert (counts.repaired, counts.failed) == (0, 0)


async def _forward(stage: Stage, enrollment: UUID, *, seconds: int) -> None:
    """Returns Temporal's clock as this one workflow sees it."""
    await stage.parts.gateway.fast_forward(stage.tenant_id, enrollment, timedelta(seconds=seconds))


async def _until_sent(stage: Stage, subject: str) -> None:
    async def sent() -> bool:
        return subject in stage.sink.subjects()

    await stage.until(sent, f"{subject} is sent", 60)


async def _until_it_waits(stage: Stage, enrollment: UUID) -> None:
    async def waits() -> bool:
        return (await stage.log(enrollment))[-1] == "waiting"

    await stage.until(waits, "the lead waits for its third email")


async def _opened_by_a_person(stage: Stage, http: httpx.AsyncClient, enrollment: UUID) -> None:
    async def listens() -> bool:
        return (await stage.state(enrollment)).waiting_for is not None

    await stage.until(listens, "the workflow waits for the lead")
    (message,) = await stage.query("SELECT id FROM messages WHERE enrollment_id = :id", id=enrollment)
    await asyncio.sleep(4)  # A person takes at least three seconds (domain/inbound/machines.py).
    token = LINKS.key.write(Token("open", stage.tenant_id, message.id))
    assert (await http.get(f"/t/o/{token}.gif", headers={"User-Agent": BROWSER})).status_code == 200
    (heard,) = await stage.query("SELECT type, machine FROM lead_engagement WHERE enrollment_id = :id", id=enrollment)
    assert (heard.type, heard.machine) == ("open", False)


async def _events(stage: Stage, enrollment: UUID) -> Counter[str]:
    history = await stage.handle(enrollment).fetch_history()
    return Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)
