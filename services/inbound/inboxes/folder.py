"""Reads one folder from its cursor to its end, each message once.

The cursor moves in the transaction that records the message. After a crash, or with a second watcher, messages are at
most read again.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from db.queries.inbound import inboxes as queries
from db.queries.inbound.inboxes import Placed
from db.queries.notifications import notify
from db.session import Database, WriteSession
from mail.imap import Folder, ImapProtocolError, ImapSession
from services.inbound.inboxes.settings import Inbox
from services.inbound.tenant_mail import receive_mail

log = logging.getLogger(__name__)

MAX_MESSAGE = 10 * 1024 * 1024
"""Bytes. Of a larger message only the beginning is read: the headers and, as mail programs write it, the text."""
BEGINNING = 1024 * 1024
PORTION_MESSAGES, PORTION_BYTES = 50, 8 * 1024 * 1024
SIZES_AT_ONCE = 500
MAX_ATTEMPTS = 8
"""Tries for one message. With the pauses between them they take some minutes: longer than a restart of Postgres, and
short enough that the messages behind a failing one are read within the hour."""
# INTERNALDATE is a day in the server's zone, and SINCE ignores the time.
OVERLAP = timedelta(days=1)


class CursorLost(Exception):
    """The mailbox's settings have changed and no longer match: load them again."""


@dataclass(frozen=True, slots=True)
class _Place:
    uid_validity: int
    last_uid: int
    since: date | None
    end: int
    """Every message up to this UID has been read, once nothing new is found."""

    @property
    def kept(self) -> dict[str, Any]:
        return {"uid_validity": self.uid_validity, "last_uid": self.last_uid, "since": self.since}


class FolderReader:
    def __init__(self, database: Database, inbox: Inbox, folder: str, received: Callable[[UUID], None]) -> None:
        """`received` is called with the tenant's ID after each commit, because outbox rows may wait."""
        self._database = database
        self._inbox = inbox
        self._key = inbox.key(folder)
        self._folder = folder
        self._received = received
        self._place = _Place(0, 0, None, 0)

    async def open(self, session: ImapSession) -> None:
        """Opens the folder and finds the position to continue from. Raises ImapFailed."""
        opened = await session.examine(self._folder)
        # Only a server that does not tell UIDNEXT is asked for all of its UIDs.
        end = opened.uid_next - 1 if opened.uid_next else max(await session.uids_after(0), default=0)
        async with self._database.write(self._inbox.tenant_id) as transaction:
            before = await queries.lock_place(transaction, self._key, self._inbox.account)
            self._place = _where(before, opened, end, same_account=before.account == self._inbox.account)
            now: dict[str, Any] = {"account": self._inbox.account, **self._place.kept}
            # An unchanged position keeps the number of tries.
            if any(getattr(before, name) != value for name, value in now.items()):
                await queries.set_place(transaction, self._key, **now)

    async def catch_up(self, session: ImapSession) -> None:
        """Reads until nothing new is found. Raises ImapFailed, CursorLost, and any error that a message causes."""
        quiet = 0
        while quiet < 2:
            uids = await session.uids_after(self._place.last_uid, self._place.since)
            await self._read(session, uids)
            # The search may have missed a message that was announced in the meantime; but some servers announce without
            # end.
            quiet = 0 if uids else quiet + 1 if session.has_news else 2
        async with self._database.write(self._inbox.tenant_id) as transaction:
            end = max(self._place.end, self._place.last_uid) if self._place.since else self._place.last_uid
            if not await queries.all_read(transaction, self._key, self._place.uid_validity, end):
                raise CursorLost
        self._place = replace(self._place, last_uid=end, since=None)

    async def _read(self, session: ImapSession, uids: Sequence[int]) -> None:
        for start in range(0, len(uids), SIZES_AT_ONCE):
            some = uids[start : start + SIZES_AT_ONCE]
            sizes = await session.sizes(some)
            left = list(some)
            while left:
                portion = await self._portion(left, sizes)
                if portion:
                    await self._receive(session, portion, sizes)
                left = [uid for uid in left if uid > self._place.last_uid]

    async def _portion(self, uids: Sequence[int], sizes: dict[int, int]) -> list[int]:
        """The next messages, as many as are read at once. Empty when the first one was given up."""
        first = uids[0]
        async with self._database.write(self._inbox.tenant_id) as transaction:
            attempt = await queries.trying(transaction, self._key, self._place.uid_validity, first)
            if attempt is None:
                raise CursorLost
            if attempt > MAX_ATTEMPTS:
                await self._give_up(transaction, first)
        if attempt > MAX_ATTEMPTS:
            self._place = replace(self._place, last_uid=first)
            return []
        # After a failure, one message at a time: it may be the cause.
        return [first] if attempt > 1 else _first_of(uids, sizes)

    async def _give_up(self, transaction: WriteSession, uid: int) -> None:
        """Later messages must not wait for ever, and people must learn of the lost one."""
        if await queries.give_up(transaction, self._key, uid):
            message = (
                f"A message in the inbox of {self._inbox.kept.email} could not be read. Look at it in the mailbox, in"
                f" {self._folder}: it has been left out after {MAX_ATTEMPTS} attempts."
            )
            await notify(transaction, kind="inbox", message=message)
        await queries.take(transaction, self._key, self._place.uid_validity, uid)

    async def _receive(self, session: ImapSession, uids: Sequence[int], sizes: dict[int, int]) -> None:
        """A message that no longer exists is skipped."""
        large = [uid for uid in uids if sizes.get(uid, 0) > MAX_MESSAGE]
        fetched = await session.fetch([uid for uid in uids if uid not in large], MAX_MESSAGE) if large != uids else []
        fetched += await session.fetch(large, BEGINNING) if large else []
        for message in sorted(fetched, key=lambda one: one.uid):
            if message.raw is None:
                raise ImapProtocolError("the server has the message and does not give it")
            await self._receive_one(message.uid, message.raw)
        self._place = replace(self._place, last_uid=max(self._place.last_uid, *uids))

    async def _receive_one(self, uid: int, raw: bytes) -> None:
        async with self._database.write(self._inbox.tenant_id) as transaction:
            # Another watcher was faster: one that was believed dead.
            taken = await queries.take(transaction, self._key, self._place.uid_validity, uid)
            received = await receive_mail(transaction, raw) if taken else None
        if received is not None and received.enrollment_id is not None:
            log.info(
                "mailbox %s: %s, matched by %s, of enrollment %s",
                *(self._inbox.mailbox_id, received.classification, received.matched_by, received.enrollment_id),
            )
        self._place = replace(self._place, last_uid=uid)
        self._received(self._inbox.tenant_id)


def _where(before: Placed, opened: Folder, end: int, *, same_account: bool) -> _Place:
    """The position to continue from.

    A folder that is opened for the first time begins at its end, because years of old mail answer nothing. After a
    change of UIDVALIDITY, or when UIDs went back (a restored mailbox), only the time is known: messages since then are
    read again. That does no harm, because each is recorded once.
    """
    if before.uid_validity is None:
        return _Place(opened.uid_validity, end, None, end)
    went_back = opened.uid_next is not None and before.last_uid > end
    if same_account and before.uid_validity == opened.uid_validity and not went_back:
        return _Place(opened.uid_validity, before.last_uid, before.since, end)
    return _Place(opened.uid_validity, 0, (before.since or (before.read_at - OVERLAP).date()), end)


def _first_of(uids: Sequence[int], sizes: dict[int, int]) -> list[int]:
    """As many messages as are read at once, at least one."""
    portion: list[int] = []
    total = 0
    for uid in uids[:PORTION_MESSAGES]:
        size = sizes.get(uid, 0)
        total += size if size <= MAX_MESSAGE else BEGINNING
        if portion and total > PORTION_BYTES:
            break
        portion.append(uid)
    return portion
