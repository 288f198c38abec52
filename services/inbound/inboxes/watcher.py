"""Watching one mailbox: a connection for each folder, made anew whenever it is lost, until the settings change.

An IDLE hears of one folder only (RFC 2177), so that each folder has a connection of its own.
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
from mail.imap import ImapAuthenticationFailed, ImapFailed, ImapFolderMissing, ImapSession, ImapTimeouts
from services.inbound.inboxes.folder import CursorLost, FolderReader
from services.inbound.inboxes.settings import Inbox, load_inbox
from services.mailboxes import breakers
from services.mailboxes.transports import MailServers
from services.secret_box import SecretKeysMissing, SecretUnreadable

log = logging.getLogger(__name__)

UNEXPECTED = "unexpected_error"
FOR_PEOPLE = (ImapAuthenticationFailed, ImapFolderMissing, SecretKeysMissing, SecretUnreadable)
"""What does not mend itself."""
TOLD_AFTER = timedelta(hours=1)
MAX_ERROR = 300


@dataclass(frozen=True, slots=True)
class Pauses:
    """In seconds. After a failure the first pause, then twice as long each time, up to the longest."""

    first: float = 1.0
    longest: float = 60.0
    refused: float = 300.0
    """After a password was not accepted: who tries too often is locked out."""
    look: float = 30.0
    """Between two looks at the settings: those that changed while nobody could be told are seen then."""


class InboxWatcher:
    """`received` is called with the tenant after each message: workflows may have to be told."""

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
        """Returns when the mailbox is not to be watched any more, or by other settings. Cancel it to end it before.

        What fails is told in the mailbox's inbox and tried again. Raises what Postgres raises while it is away.
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
            # Not all at once, when a server that many mailboxes are on comes back.
            yield pause * random.uniform(0.5, 1.0)
            pause = min(pause * 2, self._pauses.longest)

    async def _logged_in(self, inbox: Inbox) -> None:
        async with self._database.write(inbox.tenant_id) as session:
            await breakers.logged_in(session, inbox.mailbox_id)

    async def _failing(self, inbox: Inbox, folder: str, error: Exception) -> None:
        """Shown in the mailbox, and told to people: at once what only they can mend, the rest when it lasts."""
        known = isinstance(error, DomainError)
        code, text = (error.code, error.detail) if known else (UNEXPECTED, type(error).__name__)
        key = inbox.key(folder)
        async with self._database.write(inbox.tenant_id) as session:
            error_now = {"error_code": code, "error": text[:MAX_ERROR]}
            if not await queries.failing(session, key, inbox.kept, account=inbox.account, **error_now):
                return
            tell_after = timedelta(0) if isinstance(error, FOR_PEOPLE) else TOLD_AFTER
            if await queries.must_be_told(session, key, tell_after):
                await notify(session, kind="inbox", message=_message(inbox, folder, code))


def _message(inbox: Inbox, folder: str, code: str) -> str:
    where = "The inbox" if folder == "INBOX" else f"The folder {folder}"
    return f"{where} of {inbox.kept.email} cannot be read ({code}): replies in it stop nobody until it can."
