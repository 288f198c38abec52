"""The inbox watcher with real IMAP and Postgres, without Temporal."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from cadenza.embedded.postgres import EmbeddedPostgres
from db.session import Database
from domain.engine.contracts import WatchEnded
from services.inbound.inboxes import folder as reading
from tests.imap_server import PASSWORD, TestImap, imap_server
from tests.integration.api.conftest import SECRETS
from tests.integration.inbound.watched_inbox import SETTLE_SECONDS, WatchedInbox, letter
from tests.stage import new_tenant


@pytest.fixture(scope="module")
async def database(migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[Database]:
    one = Database(migrated_postgres.app_url)
    yield one
    await one.aclose()


@pytest.fixture(scope="module")
async def imap() -> AsyncGenerator[TestImap]:
    async with imap_server() as one:
        yield one


async def watched_by(database: Database, imap: TestImap) -> WatchedInbox:
    one = WatchedInbox(database, imap, await new_tenant(database), await imap.account())
    await one.set(imap)
    return one


@pytest.fixture
async def watched(database: Database, imap: TestImap) -> WatchedInbox:
    return await watched_by(database, imap)


async def test_messages_that_arrive_during_idle_and_between_two_watchers_are_read(watched: WatchedInbox) -> None:
    first, second, third = await watched.leads(3)
    await watched.imap.append(watched.user, letter(first))  # before the first watcher started: old mail
    async with watched.watching():
        await watched.until_read()
        await watched.imap.append(watched.user, letter(second))
        await watched.until_replies(1)
    await watched.imap.append(watched.user, letter(third))  # while no watcher runs
    async with watched.watching():
        await watched.until_replies(2)
    stopped = await watched.rows(
        "SELECT l.email FROM lead_sequence_state s JOIN leads l ON l.id = s.lead_id WHERE s.status = 'stopped'"
    )
    assert {row.email for row in stopped} == {second, third}
    assert set(watched.received) == {watched.tenant_id}
    assert all(rb"\Seen" not in row for row in await watched.imap.flags(watched.user))


async def test_the_watcher_reconnects_after_a_lost_connection_and_an_outage(database: Database) -> None:
    async with imap_server() as imap:
        watched = await watched_by(database, imap)
        first, second = await watched.leads(2)
        async with watched.watching():
            await watched.until_read()
            imap.cut()
            await imap.append(watched.user, letter(first))
            await watched.until_replies(1)
            await watched.until_read()  # the lost connection was an error, too: wait until it is cleared
            await imap.stop()
            cursor = await watched.until_error("inbox_connection_failed")
            assert cursor.failing_since is not None
            # Users are notified only if the failure lasts.
            assert await watched.rows("SELECT * FROM notifications") == []
            async with database.write(watched.tenant_id) as session:
                await session.execute(text("UPDATE inbox_cursors SET failing_since = now() - interval '61 minutes'"))

            async def notified() -> bool:
                return await watched.rows("SELECT * FROM notifications WHERE kind = 'inbox'") != []

            await watched.until(notified, "users are notified")
            await imap.start()
            await watched.until_read()
            await imap.append(watched.user, letter(second))
            await watched.until_replies(2)
            cursor = await watched.cursor()
            assert (cursor.failing_since, cursor.told_at) == (None, None)
            assert len(await watched.rows("SELECT * FROM notifications")) == 1


async def test_a_server_without_idle_is_polled(database: Database) -> None:
    async with imap_server(idle=False) as imap:
        watched = await watched_by(database, imap)
        lead = await watched.lead()
        async with watched.watching():
            await watched.until_read()
            await imap.append(watched.user, letter(lead))
            await watched.until_replies(1)


async def test_after_a_new_uidvalidity_recent_mail_is_read_again_and_counted_once(watched: WatchedInbox) -> None:
    known, new, old = await watched.leads(3)
    heard = letter(known, message_id="<known@them.example>")
    async with watched.watching():
        await watched.until_read()
        await watched.imap.append(watched.user, heard)
        await watched.until_replies(1)
    before = await watched.cursor()
    watched.imap.forget(watched.user)
    await watched.imap.append(watched.user, letter(old), at=datetime.now(UTC) - timedelta(days=30))
    await watched.imap.append(watched.user, heard, letter(new))
    async with watched.watching():
        await watched.until_replies(2)

        async def done() -> bool:
            cursor = await watched.cursor()
            return cursor.since is None and cursor.uid_validity != before.uid_validity

        await watched.until(done, "the folder was read again")
    rows = await watched.rows("SELECT l.email FROM lead_engagement e JOIN leads l ON l.id = e.lead_id")
    assert sorted(row.email for row in rows) == sorted([known, new])


async def test_two_watchers_of_one_inbox_read_each_message_once(watched: WatchedInbox) -> None:
    leads = await watched.leads(20)
    async with watched.watching():
        await watched.until_read()
    # All twenty messages are waiting when both watchers start.
    await watched.imap.append(watched.user, *[letter(lead) for lead in leads])
    async with watched.watching(), watched.watching():
        await watched.until_replies(20)
    assert await watched.replies() == 20


async def test_a_wrong_password_is_shown_notified_once_and_fixed_by_a_new_one(watched: WatchedInbox) -> None:
    await watched.set(watched.imap, password="wrong password")
    async with watched.watching() as task:
        cursor = await watched.until_error("inbox_authentication_failed")
        assert "wrong password" not in cursor.error and watched.user not in cursor.error
        await asyncio.sleep(1)  # further attempts fail as well
        [notification] = await watched.rows("SELECT kind, message FROM notifications")
        assert notification.kind == "inbox" and "sam@sender.example" in notification.message
        await watched.set(watched.imap)
        # No signal is sent: the watcher checks its settings regularly.
        assert await asyncio.wait_for(task, SETTLE_SECONDS) is WatchEnded.CHANGED
    async with watched.watching():
        await watched.until_read()


async def test_a_password_that_cannot_be_decrypted_is_shown_as_an_error(watched: WatchedInbox) -> None:
    async with watched.database.write(watched.tenant_id) as session:
        await session.execute(text("UPDATE mailboxes SET imap_password = 'gAAAA'"))
    async with watched.watching():
        await watched.until_error("secret_unreadable")


async def test_several_folders_are_watched_and_a_missing_one_does_not_block_the_others(
    watched: WatchedInbox,
) -> None:
    first, second = await watched.leads(2)
    await watched.imap.append(watched.user, letter("x@x.example"), folder="Spam")
    await watched.set(watched.imap, folders=["INBOX", "Spam", "Nowhere"])
    async with watched.watching():
        await watched.until_error("inbox_folder_missing", "Nowhere")
        await watched.until_read()

        async def spam() -> bool:
            cursor = await watched.cursor("Spam")
            return cursor is not None and cursor.read_at is not None

        await watched.until(spam, "Spam was read")
        await watched.imap.append(watched.user, letter(first), folder="Spam")
        await watched.imap.append(watched.user, letter(second))
        await watched.until_replies(2)
    await watched.set(watched.imap)
    async with watched.watching():

        async def forgotten() -> bool:
            return await watched.cursor("Spam") is None

        await watched.until(forgotten, "Spam is not watched any more")


async def test_nothing_is_watched_without_settings_or_without_a_mailbox(watched: WatchedInbox) -> None:
    async with watched.watching():
        await watched.until_read()
    await watched.set(None)
    mailbox_id = await watched.mailbox_id()
    assert await watched.watcher.watch(watched.tenant_id, mailbox_id) is WatchEnded.UNWATCHED
    assert await watched.cursor() is None
    assert await watched.watcher.watch(watched.tenant_id, uuid4()) is WatchEnded.UNWATCHED


async def test_the_inbox_of_a_held_mailbox_is_watched(watched: WatchedInbox) -> None:
    lead = await watched.lead()
    async with watched.database.write(watched.tenant_id) as session:
        await session.execute(text("UPDATE mailboxes SET status = 'held'"))
    async with watched.watching():
        await watched.until_read()
        await watched.imap.append(watched.user, letter(lead))
        await watched.until_replies(1)


async def test_mail_from_the_mailbox_itself_is_not_a_reply(watched: WatchedInbox) -> None:
    lead = await watched.lead()
    async with watched.watching():
        await watched.until_read()
        await watched.imap.append(watched.user, letter("Sam <sam@sender.example>"), letter(lead))
        await watched.until_replies(1)
    assert await watched.replies() == 1


async def test_malformed_and_very_large_messages_do_not_block_others(
    watched: WatchedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_MESSAGE", 50_000)
    monkeypatch.setattr(reading, "BEGINNING", 2_000)
    first, second, third = await watched.leads(3)
    broken = (
        b"From: \xff\xfe\x80 <\r\nSubject: =?utf-8?q?=FF?=\r\n\tx\r\nContent-Type: multipart/x; boundary\r\n\r\n\x00"
    )
    async with watched.watching():
        await watched.until_read()
        await watched.imap.append(
            watched.user, letter(first), broken, b"\r\n", letter(second) + b"x" * 200_000, letter(third)
        )
        await watched.until_replies(3)
        assert await watched.rows("SELECT * FROM inbox_failures") == []


async def test_a_thousand_waiting_messages_are_read(watched: WatchedInbox) -> None:
    first, last = await watched.leads(2)
    async with watched.watching():
        await watched.until_read()
    others = [letter(f"news-{number}@list.example") for number in range(998)]
    await watched.imap.append(watched.user, letter(first), *others, letter(last))
    async with watched.watching():

        async def all_read() -> bool:
            return len(watched.received) == 1000

        await watched.until(all_read, "a thousand messages were read", 120)
    assert await watched.replies() == 2
    assert (await watched.cursor()).last_uid == 100 + 1000


async def test_a_connection_lost_between_messages_loses_and_repeats_nothing(watched: WatchedInbox) -> None:
    leads = await watched.leads(60)
    async with watched.watching():
        await watched.until_read()
    await watched.imap.append(watched.user, *[letter(lead) for lead in leads])
    async with watched.watching():
        for heard in (1, 10, 30):
            await watched.until_replies(heard)
            watched.imap.cut()
        await watched.until_replies(60)
    assert await watched.replies() == 60


async def test_a_message_that_always_fails_is_skipped_and_notified(
    watched: WatchedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_ATTEMPTS", 3)
    tried: list[bytes] = []
    real = reading.receive_mail

    async def receive(session: Any, raw: bytes) -> Any:
        if b"Poison" in raw:
            tried.append(raw)
            raise RuntimeError("of the mail: private@person.example")
        return await real(session, raw)

    monkeypatch.setattr(reading, "receive_mail", receive)
    before, after = await watched.leads(2)
    async with watched.watching():
        await watched.until_read()
        await watched.imap.append(watched.user, letter(before), letter("p@x.example", "Poison"), letter(after))
        await watched.until_error("unexpected_error")
        assert "private" not in (await watched.cursor()).error
        await watched.until_replies(2)
        await watched.until_read()
    [failure] = await watched.rows("SELECT * FROM inbox_failures")
    assert (failure.uid, failure.error, failure.attempts) == (102, "unexpected_error", 3)
    # Four attempts if the first one began with an earlier message: only attempts that begin with it are counted.
    assert len(tried) in (3, 4)
    [notification] = await watched.rows("SELECT message FROM notifications WHERE kind = 'inbox'")
    assert "sam@sender.example" in notification.message


async def test_a_watcher_killed_before_the_commit_loses_and_repeats_nothing(
    watched: WatchedInbox, migrated_postgres: EmbeddedPostgres
) -> None:
    leads = await watched.leads(6)
    async with watched.watching():
        await watched.until_read()
    await watched.imap.append(watched.user, *[letter(lead) for lead in leads])
    environment = {**os.environ, "SEALED": SECRETS.seal("x"), "DATABASE": migrated_postgres.app_url}
    arguments = [str(watched.tenant_id), str(await watched.mailbox_id()), PASSWORD]
    for number in (1, 3):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.integration.inbound.dying_watcher"), str(number), *arguments, env=environment
        )
        assert await asyncio.wait_for(process.wait(), 60) == -9
    assert await watched.replies() == 2  # the first process committed none, the second two before it died
    async with watched.watching():
        await watched.until_replies(6)
        await watched.until_read()
    assert await watched.replies() == 6
