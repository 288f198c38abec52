"""From a reply in the inbox to an enrollment that has stopped: real IMAP, SMTP, Temporal and Postgres."""

import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.runtime.worker import make_mailbox_worker
from services.inbound.inboxes.watcher import InboxWatcher, Pauses
from services.inbound.inboxes.watchers import InboxWatches
from services.mailboxes.transports import MailServers
from services.secret_box import new_key
from tests.imap_server import PASSWORD, TestImap, imap_server
from tests.part_process import part
from tests.stage import SECRETS, Stage
from workflows.maintenance import ProcessQueueWorkflow
from workflows.workflow_ids import mailbox_workflow_id

EMAIL = {"key": "first", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
SECOND = {"key": "second", "type": "email", "config": {"subject": "Second", "body_text": "Hi again {{name}}"}}
# Whoever takes over from a worker that was killed does so after the heartbeat's time.
TAKEN_OVER_SECONDS = 90


@pytest.fixture
async def imap() -> AsyncGenerator[TestImap]:
    async with imap_server() as one:
        yield one


async def mailbox_of(stage: Stage) -> UUID:
    return (await stage.query("SELECT id FROM mailboxes"))[0].id


async def set_inbox(stage: Stage, imap: TestImap, user: str, *, sealed: str | None = None) -> UUID:
    await stage.query_write(
        "UPDATE mailboxes SET imap = CAST(:imap AS jsonb), imap_password = :sealed",
        imap=json.dumps({"host": "127.0.0.1", "port": imap.port, "security": "none", "username": user}),
        sealed=sealed or SECRETS.seal(PASSWORD),
    )
    return await mailbox_of(stage)


def watches(stage: Stage) -> InboxWatches:
    return InboxWatches(stage.database, stage.parts.gateway)


def watching(stage: Stage) -> Any:
    """Its worker. It hears of new settings from outside only."""
    deaf = InboxWatcher(
        stage.database,
        MailServers(SECRETS, allow_private=True),
        stage.parts.dispatcher.kick,
        pauses=Pauses(look=3600.0, refused=3600.0),
    )
    return make_mailbox_worker(stage.client, replace(stage.parts, inboxes=deaf), stage.task_queue)


async def handle_of(stage: Stage) -> WorkflowHandle[Any, Any]:
    return stage.client.get_workflow_handle(mailbox_workflow_id(stage.tenant_id, await mailbox_of(stage)))


async def until_cursor(stage: Stage, condition: str) -> None:
    async def holds() -> bool:
        return await stage.query(f"SELECT 1 FROM inbox_cursors WHERE {condition}") != []

    await stage.until(holds, condition)


def answer(stage: Stage, sender: str) -> bytes:
    """To the first message that was sent."""
    headers = (
        f"From: {sender}",
        "Subject: Re: Hello",
        f"Message-ID: <{uuid4()}@them.example>",
        f"In-Reply-To: {stage.sink.received[0].message_id}",
    )
    return "\r\n".join([*headers, "", "Yes, please", ""]).encode()


async def test_a_reply_in_the_inbox_stops_the_enrollment(
    stage: Stage, imap: TestImap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="services.inbound.inboxes")
    user = await imap.account()
    await set_inbox(stage, imap, user)
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead()
    async with watching(stage):
        await watches(stage).settings_changed(stage.tenant_id, await mailbox_of(stage))
        await until_cursor(stage, "read_at IS NOT NULL")
        (enrollment,) = await stage.enroll(sequence, lead)
        await stage.until_sent(1)
        # From another address than the lead's: what it refers to is what tells.
        await imap.append(user, answer(stage, "ada@private.example"))
        state = await stage.until_status(enrollment, "stopped")
        assert state.stop_reason == "replied"
        assert await stage.handle(enrollment).result() == "stopped: replied"
        assert (await stage.lead_row(lead)).status == "qualified"
        history = (await (await handle_of(stage)).fetch_history()).to_json()
    assert f"reply, matched by references, of enrollment {enrollment}" in caplog.text
    for private in (PASSWORD, user, "sam@sender.example", "private.example", imap.server(user).host):
        assert private not in history
        assert private not in "".join(one.getMessage() for one in caplog.records if one.name.startswith("services"))
    assert len(stage.sink.received) == 1


async def test_new_settings_connect_at_once_and_none_end_the_watch(stage: Stage, imap: TestImap) -> None:
    user = await imap.account()
    mailbox_id = await set_inbox(stage, imap, user, sealed=SECRETS.seal("wrong"))
    async with watching(stage):
        await watches(stage).settings_changed(stage.tenant_id, mailbox_id)
        await until_cursor(stage, "error_code = 'inbox_authentication_failed'")
        await set_inbox(stage, imap, user)
        await watches(stage).settings_changed(stage.tenant_id, mailbox_id)
        await until_cursor(stage, "read_at IS NOT NULL AND error_code IS NULL")
        await stage.query_write("UPDATE mailboxes SET imap = NULL")
        await watches(stage).settings_changed(stage.tenant_id, mailbox_id)
        assert await (await handle_of(stage)).result() == "unwatched"
        # And again, once there is something to watch.
        await set_inbox(stage, imap, user)
        await watches(stage).settings_changed(stage.tenant_id, mailbox_id)
        await until_cursor(stage, "read_at IS NOT NULL")


async def test_the_pass_of_every_minute_watches_what_nobody_watches(stage: Stage, imap: TestImap) -> None:
    await set_inbox(stage, imap, await imap.account())
    async with watching(stage):
        await stage.client.execute_workflow(
            ProcessQueueWorkflow.run, id=f"process-queue-{uuid4()}", task_queue=stage.task_queue
        )
        await until_cursor(stage, "read_at IS NOT NULL")
    started = (await (await handle_of(stage)).describe()).run_id
    # One that is heard of is let be; one that has fallen silent is started, if it does not run.
    await watches(stage).start_missing()
    await stage.query_write("UPDATE inbox_cursors SET seen_at = now() - interval '11 minutes'")
    await watches(stage).start_missing()
    assert (await (await handle_of(stage)).describe()).run_id == started
    await (await handle_of(stage)).terminate()
    await watches(stage).start_missing()
    assert (await (await handle_of(stage)).describe()).run_id != started


async def test_a_worker_that_leaves_gives_the_inbox_away(stage: Stage, imap: TestImap) -> None:
    user = await imap.account()
    mailbox_id = await set_inbox(stage, imap, user)
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead()
    async with watching(stage):
        await watches(stage).settings_changed(stage.tenant_id, mailbox_id)
        await until_cursor(stage, "read_at IS NOT NULL")
        (enrollment,) = await stage.enroll(sequence, lead)
        await stage.until_sent(1)
    await imap.append(user, answer(stage, (await stage.lead_row(lead)).email))
    async with watching(stage):
        # Sooner than a heartbeat is missed: the time for that is longer than `until_status` waits.
        assert (await stage.until_status(enrollment, "stopped")).stop_reason == "replied"


async def test_another_worker_takes_over_from_one_that_was_killed(
    stage: Stage, imap: TestImap, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    user, key = await imap.account(), new_key()
    sequence, lead = await stage.sequence([EMAIL, DELAY, SECOND]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_sent(1)
    mailbox_id = await set_inbox(stage, imap, user, sealed=type(SECRETS)([key]).seal(PASSWORD))
    servers = (migrated_postgres.app_url, temporal_server.address)
    settings = {"CADENZA_SECRET_KEYS": key, "CADENZA_MAIL_ALLOW_PRIVATE": "true"}
    await stage.stop_worker()
    async with part("worker", stage, *servers, **settings) as first:
        await watches(stage).settings_changed(stage.tenant_id, mailbox_id)
        await until_cursor(stage, "read_at IS NOT NULL")
        first.kill()
        await first.wait()
    await imap.append(user, answer(stage, "ada@private.example"))
    async with part("worker", stage, *servers, **settings):
        state = await stage.until_status(enrollment, "stopped", within_seconds=TAKEN_OVER_SECONDS)
    assert state.stop_reason == "replied"
