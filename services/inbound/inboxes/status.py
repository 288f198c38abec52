"""The state of a mailbox's inbox watcher, for people who look at the mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from db.models import InboxCursor, InboxFailure, Mailbox
from db.queries.inbound import inboxes as queries
from db.session import ReadSession

SHOWN = 20


@dataclass(frozen=True, slots=True)
class InboxLook:
    """`starting` until a folder was opened for the first time. All messages before `read_at` have been read."""

    status: Literal["starting", "watching", "failing"]
    read_at: datetime | None
    error_code: str | None
    error: str | None
    failing_since: datetime | None
    folders: Sequence[InboxCursor]
    given_up: int
    """How many messages could never be read."""
    failures: Sequence[InboxFailure]
    """The newest of them."""


async def look_at_inbox(session: ReadSession, mailbox: Mailbox) -> InboxLook | None:
    """None for a mailbox that is not watched."""
    if mailbox.imap is None:
        return None
    folders = await queries.cursors_of(session, mailbox.id)
    failing = next((one for one in folders if one.error_code), None)
    read = [one.read_at for one in folders]
    return InboxLook(
        status="failing" if failing else "watching" if any(read) else "starting",
        read_at=min((at for at in read if at is not None), default=None) if all(read) else None,
        error_code=failing.error_code if failing else None,
        error=failing.error if failing else None,
        failing_since=failing.failing_since if failing else None,
        folders=folders,
        given_up=await queries.count_failures(session, mailbox.id),
        failures=await queries.newest_failures(session, mailbox.id, SHOWN),
    )
