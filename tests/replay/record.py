"""Records the histories that `test_replay.py` runs again: one lead for each path, on real servers.

.venv/bin/python -m tests.replay.record
"""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from temporalio.client import WorkflowFailureError, WorkflowHandle

from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from cadenza.exit import run_and_leave
from cadenza.migrate import upgrade
from cadenza.worker import make_mailbox_worker
from services.inboxes.watches import InboxWatches
from services.receive import AutoReplyEvent, BounceEvent, OpenEvent, ReplyEvent, UnsubscribeEvent
from tests.stage import COLD_OUTREACH, Stage, stage
from workflows.messages import mailbox_workflow_id
from workflows.search_attributes import REGISTRY

HISTORIES = Path(__file__).parent / "histories"
NEEDS_PLAN = {"subject": "Plan", "body_text": "Hi {{name}}, you are on {{custom.plan}}"}


async def does_nothing(one: Stage, _lead: UUID) -> None:
    await one.forward(days=8)


async def opens(one: Stage, lead: UUID) -> None:
    await one.forward(days=4)
    await one.tell(lead, OpenEvent(type="open"))
    await one.forward(days=4)


async def replies(one: Stage, lead: UUID) -> None:
    await one.forward(days=2)
    await one.tell(lead, ReplyEvent(type="reply"))


async def out_of_office(one: Stage, lead: UUID) -> None:
    await one.forward(days=1)
    back = datetime.now(UTC).date() + timedelta(days=10)
    await one.tell(lead, AutoReplyEvent(type="auto_reply", returns_on=back))
    await one.forward(days=15)


async def unsubscribes(one: Stage, lead: UUID) -> None:
    await one.forward(days=5)
    await one.tell(lead, UnsubscribeEvent(type="unsubscribe"))


async def bounces(one: Stage, lead: UUID) -> None:
    await one.tell(lead, BounceEvent(type="bounce", hard=True))


async def paused_and_resumed(one: Stage, lead: UUID) -> None:
    await one.forward(days=1)
    await one.pause(lead)
    await one.forward(days=5)
    await one.resume(lead)
    await one.forward(days=8)


async def stopped(one: Stage, lead: UUID) -> None:
    await one.forward(days=4)
    await one.stop(lead)


async def cancelled(one: Stage, lead: UUID) -> None:
    (row,) = await one.query("SELECT id FROM lead_sequence_state WHERE lead_id = :lead", lead=lead)
    await one.handle(row.id).cancel()


PATHS: dict[str, Callable[[Stage, UUID], Awaitable[None]]] = {
    "does-nothing": does_nothing,
    "opens": opens,
    "replies": replies,
    "out-of-office": out_of_office,
    "unsubscribes": unsubscribes,
    "bounces": bounces,
    "paused-and-resumed": paused_and_resumed,
    "stopped": stopped,
    "cancelled": cancelled,
}


def _anywhere(node: Any) -> Any:
    """Without what belongs to the machine that recorded it: who ran it, and where its files lie."""
    if isinstance(node, dict):
        return {key: _anywhere(value) for key, value in node.items() if key not in ("identity", "stackTrace")}
    return [_anywhere(value) for value in node] if isinstance(node, list) else node


async def save(one: Stage, enrollment: UUID, name: str) -> None:
    await one.until_status(enrollment, "completed", "stopped")
    await keep(one.handle(enrollment), name)


async def keep(handle: WorkflowHandle[Any, Any], name: str) -> None:
    # Postgres knows a moment before the workflow has closed; a cancelled one has no result.
    with contextlib.suppress(WorkflowFailureError):
        await handle.result()
    history = await handle.fetch_history()
    recorded = json.dumps(_anywhere(json.loads(history.to_json())), indent=1)
    (HISTORIES / f"{name}.json").write_text(recorded + "\n", "utf-8")
    print(f"{name}: {len(history.events)} events")


async def watched_and_let_go(one: Stage) -> None:
    """A mailbox is watched, is given other settings, and then none."""
    watches = InboxWatches(one.database, one.parts.gateway)
    mailbox_id = (await one.query("SELECT id FROM mailboxes"))[0].id
    handle = one.client.get_workflow_handle(mailbox_workflow_id(one.tenant_id, mailbox_id))

    async def seen() -> bool:
        return await one.query("SELECT 1 FROM inbox_cursors") != []

    async with make_mailbox_worker(one.client, one.parts, one.task_queue):
        for port in (1, 2):
            # Nobody is there: it is tried again and again, and nothing of that is in the history.
            imap = f'{{"host": "127.0.0.1", "port": {port}, "username": "sam"}}'
            await one.query_write("DELETE FROM inbox_cursors")
            await one.query_write("UPDATE mailboxes SET imap = CAST(:imap AS jsonb)", imap=imap)
            await watches.settings_changed(one.tenant_id, mailbox_id)
            await one.until(seen, "the mailbox is watched")
        await one.query_write("UPDATE mailboxes SET imap = NULL")
        await watches.settings_changed(one.tenant_id, mailbox_id)
        await keep(handle, "mailbox/watched-and-let-go")


async def record(postgres: EmbeddedPostgres, temporal: EmbeddedTemporal) -> None:
    for name, happens in PATHS.items():
        async with stage(postgres.app_url, temporal.address) as one:
            sequence, lead = await one.sequence(COLD_OUTREACH["steps"]), await one.lead()
            (enrollment,) = await one.enroll(sequence, lead)
            await one.until_sent(1)
            await happens(one, lead)
            await save(one, enrollment, name)
    async with stage(postgres.app_url, temporal.address) as one:
        await watched_and_let_go(one)
    async with stage(postgres.app_url, temporal.address) as one:
        one.sink.answers = ["451 4.7.1 later"]
        sequence, lead = await one.sequence(COLD_OUTREACH["steps"][:1]), await one.lead()
        (enrollment,) = await one.enroll(sequence, lead)
        await save(one, enrollment, "retried")
    async with stage(postgres.app_url, temporal.address) as one:
        sequence = await one.sequence([{"key": "ask", "type": "email", "config": NEEDS_PLAN}])
        lead = await one.lead()
        (enrollment,) = await one.enroll(sequence, lead)
        await one.until_status(enrollment, "failed")
        await one.query_write('UPDATE leads SET custom = \'{"plan": "pro"}\'')
        await one.resume(lead)
        await save(one, enrollment, "failed-and-resumed")
    async with stage(postgres.app_url, temporal.address) as one:
        await one.stop_worker()
        sequence, lead = await one.sequence(COLD_OUTREACH["steps"]), await one.lead()
        (enrollment,) = await one.enroll(sequence, lead)
        await one.stop(lead)
        await one.start_worker()
        await save(one, enrollment, "signal-before-first-task")


async def main() -> None:
    (HISTORIES / "mailbox").mkdir(parents=True, exist_ok=True)
    names = [key.name for key in REGISTRY]
    with tempfile.TemporaryDirectory(prefix="cadenza-record-") as folder:
        async with (
            EmbeddedPostgres(Path(folder) / "postgres") as postgres,
            EmbeddedTemporal(Path(folder) / "temporal", search_attributes=names, in_memory=True) as temporal,
        ):
            await asyncio.to_thread(upgrade, postgres.owner_url)
            await record(postgres, temporal)


if __name__ == "__main__":
    run_and_leave(lambda: asyncio.run(main()))
