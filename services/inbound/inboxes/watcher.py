"""Watches one mailbox: one connection for each folder, opened again when it is lost, until the settings change.

IDLE reports one folder only (RFC 2177), so each folder needs a connection of its own.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from db.queries.inbound import inboxes as queries
from db.queries.notifications import notify
from db.session import Database
from domain.engine.contracts import WatchEnded
from domain.errors import DomainError
from domain.failures import Failure
from mail.imap import ImapAuthenticationFailed, ImapFailed, ImapSession, ImapTimeouts
from services.inbound.inboxes.folder import CursorLost, FolderReader
from services.inbound.inboxes.settings import Inbox, load_inbox
from services.mailboxes import breakers
from services.mailboxes.transports import MailServers
from services.secret_box import SecretKeysMissing, SecretUnreadable

log = logging.getLogger(__name__)

TOLD_AFTER = timedelta(hours=1)
MAX_ERROR = 300


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds. After a failure the first pause, then twice as long each time, up to the longest."""

    first: float = 1.0
    longest: float = 60.0
    refused: float = 300.0
    """After a rejected password: servers lock out who tries too often."""
    look: float = 30.0
    """Between two reads of the settings, in case nobody could tell the watcher of a change."""


class InboxWatcher:
    """`received` is called with the tenant's ID after each message, because outbox rows may wait."""

    def __init__(
        self,
        database: Database,
        servers: MailServers,
        received: Callable[[UUID], None],
        *,
        timeouts: ImapTimeouts | None = None,
        pauses: Pauses | None = None,
    ) -> None:
        self._database = database
        self._servers = servers
        self._received = received
        self._timeouts = timeouts or ImapTimeouts()
        self._pauses = pauses or Pauses()

    async def watch(self, tenant_id: UUID, mailbox_id: UUID) -> WatchEnded:
        """Returns when the mailbox is no longer watched, or its settings changed. Cancel it to end it before.

        A failure is shown in the mailbox's inbox and tried again. Raises the errors of Postgres.
        """
        inbox = await load_inbox(self._database, tenant_id, mailbox_id)
        folders = inbox.server.folders if inbox else ()
        async with self._database.write(tenant_id) as session:
            await queries.forget_others(session, mailbox_id, folders)
        if inbox is None:
            return WatchEnded.UNWATCHED
        tasks = [asyncio.create_task(self._watch_folder(inbox, folder)) for folder in folders]
        tasks.append(asyncio.create_task(self._until_changed(inbox)))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return WatchEnded.CHANGED

    async def _until_changed(self, inbox: Inbox) -> None:
        while True:
            await asyncio.sleep(self._pauses.look)
            if await load_inbox(self._database, inbox.tenant_id, inbox.mailbox_id) != inbox:
                return

    async def _watch_folder(self, inbox: Inbox, folder: str) -> None:
        """Returns only when the settings have changed."""
        reader = FolderReader(self._database, inbox, folder, self._received)
        pauses = self._pauses_of()
        while True:
            try:
                server = self._servers.imap(inbox.server, inbox.kept.sealed)
                async with ImapSession.open(server, self._timeouts) as session:
                    await self._logged_in(inbox)
                    await reader.open(session)
                    while True:
                        await reader.catch_up(session)
                        pauses = self._pauses_of()
                        await session.wait()
            except CursorLost:
                return
            except (ImapFailed, SecretKeysMissing, SecretUnreadable) as error:
                await self._failing(inbox, folder, error)
                if not isinstance(error, ImapFailed) or isinstance(error, ImapAuthenticationFailed):
                    await asyncio.sleep(self._pauses.refused)
                    continue
            except Exception as error:  # noqa: BLE001 (whatever one message causes must not end the watch: it is
                # told by its kind, counted, tried again, and given up in the end; see FolderReader)
                log.error("reading an inbox of tenant %s failed: %s", inbox.tenant_id, type(error).__name__)
                await self._failing(inbox, folder, error)
            await asyncio.sleep(next(pauses))

    def _pauses_of(self) -> Iterator[float]:
        pause = self._pauses.first
        while True:
            # With a random share, so that a server with many mailboxes is not met by all at once when it comes back.
            yield pause * random.uniform(0.5, 1.0)
            pause = min(pause * 2, self._pauses.longest)

    async def _logged_in(self, inbox: Inbox) -> None:
        async with self._database.write(inbox.tenant_id) as session:
            await breakers.logged_in(session, inbox.mailbox_id)

    async def _failing(self, inbox: Inbox, folder: str, error: Exception) -> None:
        """Shows the error in the mailbox, and tells people: at once if only they can correct it, else once it lasts.

        Of an error without a code only the type is kept: its text may quote the message that caused it.
        """
        known = isinstance(error, DomainError)
        failure = Failure.of(error)
        code, text = failure.code, failure.text if known else type(error).__name__
        key = inbox.key(folder)
        async with self._database.write(inbox.tenant_id) as session:
            error_now = {"error_code": code, "error": text[:MAX_ERROR]}
            if not await queries.failing(session, key, inbox.kept, account=inbox.account, **error_now):
                return
            tell_after = TOLD_AFTER if failure.retryable else timedelta(0)
            if await queries.must_be_told(session, key, tell_after):
                await notify(session, kind="inbox", message=_message(inbox, folder, code))


def _message(inbox: Inbox, folder: str, code: str) -> str:
    where = "The inbox" if folder == "INBOX" else f"The folder {folder}"
    return f"{where} of {inbox.kept.email} cannot be read ({code}): replies in it stop nobody until it can."
