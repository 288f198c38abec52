"""A thousand leads reply within ten seconds under load: how soon is each enrollment stopped, and is anything sent
later?

    .venv/bin/python -m bench.reply_latency --replies 1000

API, worker, Temporal, Postgres and mail sink are separate processes. The leads that will reply are in a sequence with
emails due at any moment. Meanwhile a campaign is enrolled and mailed as fast as possible. Half of the replies are
signed messages to the inbound webhook, half are events.

`p99_s`: from the API's answer until the enrollment is stopped in Postgres, where the send gate sees it; the answer
waits for it. `told_p99_s`: until the signal has arrived in Temporal. `closed_p99_s`: until the workflow is closed, by
Temporal's clock. Each is 0 if it happened before the answer. `answer_p99_s`: how long the answer took.

`emails_after_reply`: emails at the sink, by Message-ID, that had not been released when the enrollment was stopped. A
trigger in this database records the released ones in the transaction that stops the enrollment. So an email that was
being handed over when the reply came is exactly distinguished from one that left later (`in_flight`: those of the
former that arrived after the answer).
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from temporalio.api.enums.v1 import EventType

from bench.measures.percentiles import percentile
from bench.report import progress, result
from bench.servers.api import Api, api, ask, campaign_of
from bench.servers.rig import COLD_OUTREACH, Rig, rig
from cadenza.exit import run_and_leave
from services.dispatch.dispatcher import Dispatcher
from webhooks.signing import new_secret, signed_headers
from workflows.workflow_ids import enrollment_workflow_id

WINDOW_SECONDS = 10.0
NUDGES_PER_SECOND = 20
"""Emails due per second in the sequence of the leads that will reply, in addition to the campaign's."""
NUDGES = 8
LEAST_WAIT_SECONDS = 5
"""Between two of these emails, so that no lead has received all of them before it replies."""
BEFORE_NUDGES_SECONDS = 86_400
WARM_UP_SECONDS = 4.0
PATIENCE_SECONDS = 300.0
STOP_TRIGGER = (
    "CREATE TABLE bench_let_go (enrollment_id uuid PRIMARY KEY, message_ids text[] NOT NULL)",
    "GRANT INSERT, SELECT ON bench_let_go TO cadenza_app",
    """
    CREATE FUNCTION bench_note_let_go() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO bench_let_go
        SELECT NEW.id, coalesce(array_agg(rfc_message_id), '{}') FROM messages
         WHERE tenant_id = NEW.tenant_id AND enrollment_id = NEW.id AND status IN ('sending', 'sent', 'unknown');
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER bench_note_let_go AFTER UPDATE ON lead_sequence_state FOR EACH ROW
        WHEN (NEW.status = 'stopped' AND OLD.status <> 'stopped') EXECUTE FUNCTION bench_note_let_go()
    """,
)


@dataclass
class Replier:
    lead_id: UUID
    email: str
    enrollment_id: UUID
    message_id: str
    """Message-ID of the first email that the lead received."""
    asked_at: float = 0.0
    answered_at: float = 0.0


class ReplySender:
    """Sends each reply at its planned time, whether or not earlier ones were answered."""

    def __init__(self, http: httpx.AsyncClient, secret: str) -> None:
        self._http, self._secret = http, secret

    async def send_all(self, repliers: Sequence[Replier]) -> None:
        began = time.monotonic()

        async def at_its_moment(place: int, one: Replier) -> None:
            await asyncio.sleep(began + place * WINDOW_SECONDS / len(repliers) - time.monotonic())
            one.asked_at = time.time()
            await (self.as_mail(one) if place % 2 else self.as_event(one))
            one.answered_at = time.time()

        await asyncio.gather(*(at_its_moment(place, one) for place, one in enumerate(repliers)))

    async def as_event(self, one: Replier) -> None:
        recorded = await ask(self._http, "POST", f"/leads/{one.lead_id}/events", {"type": "reply"})
        assert recorded["stopped"] == [str(one.enrollment_id)], recorded

    async def as_mail(self, one: Replier) -> None:
        mail = EmailMessage(SMTP)
        mail["From"], mail["To"], mail["Subject"] = f"Ada <{one.email}>", "Sam <sam@bench.example>", "Re: Hello"
        mail["Message-ID"], mail["Date"] = f"<{uuid4()}@bench.example>", datetime.now(UTC)
        mail["In-Reply-To"] = mail["References"] = one.message_id
        mail.set_content("Thank you, call me on Monday.\n\n> Hi Ada\n")
        body = mail.as_string()
        headers = signed_headers(self._secret, str(uuid4()), datetime.now(UTC), body)
        headers["content-type"] = "message/rfc822"
        answer = await self._http.post("/webhooks/inbound-email", content=body.encode(), headers=headers)
        answer.raise_for_status()
        assert answer.json()["classification"] == "reply", answer.json()


def reply_steps() -> list[dict[str, Any]]:
    """Returns the steps of a sequence: an email, then more of them with delays between."""
    steps: list[dict[str, Any]] = [_email("hello")]
    for place in range(NUDGES):
        steps += [{"key": f"wait-{place}", "type": "delay", "config": {"days": 1}}, _email(f"nudge-{place}")]
    return steps


def _email(key: str) -> dict[str, Any]:
    return {"key": key, "type": "email", "config": {"subject": key, "body_text": "Hi {{first_name}}"}}


async def repliers_of(servers: Rig, http: httpx.AsyncClient, sequence_id: UUID, count: int) -> list[Replier]:
    """Enrolls `count` leads and waits until each was sent the first email. Returns them in random order."""
    body = {"sequence_id": str(sequence_id), "lead_ids": [str(one) for one in await servers.leads(count)]}
    await ask(http, "POST", "/leads/enroll-in-sequence", body)
    mailed = f"SELECT count(*) FROM lead_sequence_state WHERE sequence_id = '{sequence_id}' AND emails_sent > 0"
    while await servers.one(mailed) < count:  # noqa: ASYNC110 (another process does the work)
        await asyncio.sleep(0.2)
    query = text("""
        SELECT DISTINCT ON (s.id) l.id AS lead_id, l.email, s.id AS enrollment_id, m.rfc_message_id AS message_id
          FROM lead_sequence_state s
          JOIN leads l ON l.tenant_id = s.tenant_id AND l.id = s.lead_id
          JOIN messages m ON m.tenant_id = s.tenant_id AND m.enrollment_id = s.id
         WHERE s.tenant_id = :tenant_id AND s.sequence_id = :sequence_id ORDER BY s.id, m.reserved_at
    """)
    async with servers.database.read(servers.tenant_id) as session:
        rows = await session.execute(query, {"tenant_id": servers.tenant_id, "sequence_id": sequence_id})
        found = [Replier(row.lead_id, row.email, row.enrollment_id, row.message_id) for row in rows]
    random.Random(7).shuffle(found)
    return found


async def first_wait_is_long(servers: Rig, sequence_id: UUID) -> None:
    """Makes the first delay long, so that no second email is sent before all leads have received the first."""
    longer = text("""
        UPDATE sequence_versions
           SET plan = jsonb_set(plan, '{steps,1,delay_seconds}', to_jsonb(CAST(:seconds AS integer)))
         WHERE tenant_id = :t AND sequence_id = :s
    """)
    async with servers.database.write(servers.tenant_id) as session:
        key = {"t": servers.tenant_id, "s": sequence_id, "seconds": BEFORE_NUDGES_SECONDS}
        await session.execute(longer, key)


async def begin_nudging(servers: Rig, dispatcher: Dispatcher, sequence_id: UUID, seconds: int) -> None:
    """Makes the next email of each lead due at a random time within `seconds`. Later ones follow every `seconds`."""
    move = text("""
        WITH moved AS (
            UPDATE lead_sequence_state
               SET next_action_at = now() + random() * make_interval(secs => :seconds), revision = revision + 1
             WHERE tenant_id = :t AND sequence_id = :s RETURNING id)
        INSERT INTO outbox (tenant_id, enrollment_id, command) SELECT :t, id, 'plan_changed' FROM moved
    """)
    async with servers.database.write(servers.tenant_id) as session:
        await session.execute(move, {"t": servers.tenant_id, "s": sequence_id, "seconds": seconds})
    await dispatcher.dispatch(servers.tenant_id)


async def closed_at(servers: Rig, sequence_id: UUID) -> dict[str, float]:
    """Waits until all workflows of the sequence are closed (a count each second); returns the time of each, by
    enrollment."""
    query = f"CadenzaSequence = '{sequence_id}'"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (await servers.client.count_workflows(f"{query} AND ExecutionStatus = 'Running'")).count:
        assert time.monotonic() < deadline, "workflows of leads that have replied are still running"
        await asyncio.sleep(1)
    return {
        one.id.rpartition("/")[2]: one.close_time.timestamp()
        async for one in servers.client.list_workflows(query, page_size=1000)
        if one.close_time is not None
    }


async def released_at_stop(servers: Rig) -> dict[str, set[str]]:
    """Returns, by enrollment, the Message-IDs that were handed over or being handed over when it was stopped."""
    async with servers.database.read(servers.tenant_id) as session:
        rows = await session.execute(text("SELECT enrollment_id, message_ids FROM bench_let_go"))
        return {str(row.enrollment_id): set(row.message_ids) for row in rows}


async def enrollment_of_message(servers: Rig, sequence_id: UUID) -> dict[str, str]:
    """Returns the enrollment of each Message-ID."""
    query = text("SELECT rfc_message_id, enrollment_id FROM messages WHERE tenant_id = :t AND sequence_id = :s")
    async with servers.database.read(servers.tenant_id) as session:
        rows = await session.execute(query, {"t": servers.tenant_id, "s": sequence_id})
        return {row.rfc_message_id: str(row.enrollment_id) for row in rows}


async def load_up(servers: Rig, http: httpx.AsyncClient, campaign_id: str) -> str:
    """Begins to enroll the campaign in cold-outreach; returns the batch's ID."""
    sequence_id = str(await servers.sequence(COLD_OUTREACH["steps"]))
    batch = await ask(http, "POST", f"/campaigns/{campaign_id}/assign-sequence", {"sequence_id": sequence_id})
    await asyncio.sleep(WARM_UP_SECONDS)
    return batch["id"]


async def run(
    servers: Rig, app: Api, dispatcher: Dispatcher, secret: str, replies: int, load: int
) -> tuple[UUID, list[Replier], dict[str, Any]]:
    """Returns the sequence of the replies, the leads that replied, and figures about the load meanwhile."""
    sequence_id = await servers.sequence(reply_steps())
    every = max(LEAST_WAIT_SECONDS, replies // NUDGES_PER_SECOND)
    await servers.quicken(sequence_id, every)
    await first_wait_is_long(servers, sequence_id)
    async with app.tenant(servers.tenant_id) as http:
        campaign_id = await campaign_of(servers, http, load)
        repliers = await repliers_of(servers, http, sequence_id, replies)
        await begin_nudging(servers, dispatcher, sequence_id, every)
        progress(f"{len(repliers)} leads are on their way")
        batch_id = await load_up(servers, http, campaign_id)
        count = "SELECT count(*) FROM messages WHERE status = 'sent'"
        before, began = await servers.one(count), time.monotonic()
        await ReplySender(http, secret).send_all(repliers)
        sent, seconds = await servers.one(count) - before, time.monotonic() - began
        batch = await ask(http, "GET", f"/batches/{batch_id}")
        assert batch["started"] < load, "the campaign finished first: use a larger --load"
    progress(f"answered in {seconds:.1f} s, while {sent / seconds:.0f} emails/s were sent")
    return (
        sequence_id,
        repliers,
        {"replies": replies, "window_s": round(seconds, 1), "emails_per_s": round(sent / seconds, 1)},
    )


async def latencies(servers: Rig, sequence_id: UUID, repliers: Sequence[Replier]) -> dict[str, float]:
    closed = await closed_at(servers, sequence_id)
    ended = await ends(servers, sequence_id)
    progress("all are closed")
    stopped = [ended[str(one.enrollment_id)] - one.answered_at for one in repliers]
    close = [closed[str(one.enrollment_id)] - one.answered_at for one in repliers]
    signalled = [
        (await signalled_at(servers, one) or closed[str(one.enrollment_id)]) - one.answered_at for one in repliers
    ]
    return {
        "p99_s": late(stopped, 99),
        "max_s": late(stopped, 100),
        "told_p50_s": late(signalled, 50),
        "told_p99_s": late(signalled, 99),
        "closed_p50_s": late(close, 50),
        "closed_p99_s": late(close, 99),
        "answer_p99_s": late([one.answered_at - one.asked_at for one in repliers], 99),
    }


async def signalled_at(servers: Rig, one: Replier) -> float | None:
    """Returns when Temporal received the signal; None if the workflow had already learned of the reply at the send
    gate."""
    history = servers.client.get_workflow_handle(
        enrollment_workflow_id(servers.tenant_id, one.enrollment_id)
    ).fetch_history_events()
    async for event in history:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            return event.event_time.ToMicroseconds() / 1e6
    return None


async def emails(servers: Rig, sequence_id: UUID, repliers: Sequence[Replier]) -> dict[str, int]:
    """Counts the emails after the stop. Call it when no worker runs any more."""
    stopped, enrollments = await released_at_stop(servers), await enrollment_of_message(servers, sequence_id)
    answers = {str(one.enrollment_id): one.answered_at for one in repliers}
    at_sink = [line.split() for line in (await servers.sink_log()).splitlines()]
    of_repliers = [(float(at), one, enrollments[one]) for at, one in at_sink if one in enrollments]
    late = [one for one in of_repliers if one[1] not in stopped[one[2]]]
    in_flight = [one for one in of_repliers if one[1] in stopped[one[2]] and one[0] > answers[one[2]]]
    return {"emails_after_reply": len(late), "in_flight": len(in_flight)}


async def ends(servers: Rig, sequence_id: UUID) -> dict[str, float]:
    query = text("SELECT id, ended_at, stop_reason FROM lead_sequence_state WHERE tenant_id = :t AND sequence_id = :s")
    async with servers.database.read(servers.tenant_id) as session:
        rows = (await session.execute(query, {"t": servers.tenant_id, "s": sequence_id})).all()
    assert all(row.stop_reason == "replied" for row in rows)
    return {str(row.id): row.ended_at.timestamp() for row in rows}


def late(seconds: Sequence[float], percent: int) -> float:
    """Returns the percentile; negative values (before the answer) count as 0."""
    return round(max(0.0, percentile(list(seconds), percent)), 3)


async def create_stop_trigger(servers: Rig) -> None:
    engine = create_async_engine(servers.postgres.owner_url)
    async with engine.begin() as connection:
        for statement in STOP_TRIGGER:
            await connection.execute(text(statement))
    await engine.dispose()


async def main(replies: int, load: int) -> None:
    task_queue, secret = f"app-{uuid4()}", new_secret()
    with tempfile.TemporaryDirectory(prefix="cadenza-bench-") as folder:
        async with (
            rig(sink_log=Path(folder) / "sink") as servers,
            api(servers, task_queue, {"CADENZA_INBOUND_WEBHOOK_SECRET": secret}) as app,
        ):
            await create_stop_trigger(servers)
            worker = await servers.worker(task_queue)
            try:
                sequence_id, repliers, figures = await run(
                    servers, app, servers.dispatcher(task_queue), secret, replies, load
                )
                figures |= await latencies(servers, sequence_id, repliers)
            finally:
                await worker.end()
            figures |= await emails(servers, sequence_id, repliers)
    result("reply_latency", figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replies", type=int, default=1000)
    parser.add_argument("--load", type=int, default=10_000, help="leads of the campaign that is enrolled meanwhile")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    run_and_leave(lambda: asyncio.run(main(given.replies, given.load)))
