"""Watched inboxes: their settings, how far each folder has been read, and the messages that could not be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from db.models import InboxCursor, InboxFailure, Mailbox
from db.session import ReadSession, WriteSession

_KEY = "c.tenant_id = :tenant_id AND c.mailbox_id = :mailbox_id AND c.folder = :folder"
# The row exists from the first look on, so that a second reader waits for its lock.
_MAKE = text("""
    INSERT INTO inbox_cursors (tenant_id, mailbox_id, folder, account)
    VALUES (:tenant_id, :mailbox_id, :folder, :account)
    ON CONFLICT ON CONSTRAINT inbox_cursors_folder_key DO NOTHING
""")
_LOCK = text(f"""
    SELECT c.account, c.uid_validity, c.last_uid, c.since, coalesce(c.read_at, c.created_at) AS read_at
      FROM inbox_cursors c WHERE {_KEY} FOR UPDATE
""")
_PLACE = text(f"""
    UPDATE inbox_cursors c
       SET account = :account, uid_validity = :uid_validity, last_uid = :last_uid, since = CAST(:since AS date),
           trying_uid = 0, attempts = 0, seen_at = now()
     WHERE {_KEY}
""")
_AT = f"{_KEY} AND c.uid_validity = :uid_validity"
_TRYING = text(f"""
    UPDATE inbox_cursors c
       SET attempts = CASE WHEN c.trying_uid = :uid THEN c.attempts + 1 ELSE 1 END, trying_uid = :uid, seen_at = now()
     WHERE {_AT} RETURNING c.attempts
""")
_TAKE = text(
    f"UPDATE inbox_cursors c SET last_uid = :uid, seen_at = now() WHERE {_AT} AND c.last_uid < :uid RETURNING 1"
)
_ALL_READ = text(f"""
    UPDATE inbox_cursors c
       SET last_uid = greatest(c.last_uid, :uid), since = NULL, read_at = now(), seen_at = now(),
           error_code = NULL, error = NULL, failing_since = NULL, told_at = NULL
     WHERE {_AT} RETURNING 1
""")
_TOLD = text(f"""
    UPDATE inbox_cursors c SET told_at = now()
     WHERE {_KEY} AND c.told_at IS NULL AND c.failing_since <= now() - CAST(:after AS interval) RETURNING 1
""")
# Only for the present settings: a watcher that does not know the new settings yet must not record its error.
_FAILING = text("""
    INSERT INTO inbox_cursors AS c (tenant_id, mailbox_id, folder, account, error_code, error, failing_since)
    SELECT m.tenant_id, m.id, :folder, :account, :error_code, :error, now()
      FROM mailboxes m
     WHERE m.tenant_id = :tenant_id AND m.id = :mailbox_id
       AND m.imap = :imap AND m.imap_password IS NOT DISTINCT FROM CAST(:sealed AS text)
    ON CONFLICT ON CONSTRAINT inbox_cursors_folder_key DO UPDATE
       SET error_code = excluded.error_code, error = excluded.error, seen_at = now(),
           failing_since = coalesce(c.failing_since, now())
    RETURNING 1
""").bindparams(bindparam("imap", type_=JSONB))
_GIVE_UP = text("""
    INSERT INTO inbox_failures (tenant_id, mailbox_id, folder, uid_validity, uid, error, attempts)
    SELECT c.tenant_id, c.mailbox_id, c.folder, c.uid_validity, :uid, coalesce(c.error_code, 'unknown'), c.attempts - 1
      FROM inbox_cursors c
     WHERE c.tenant_id = :tenant_id AND c.mailbox_id = :mailbox_id AND c.folder = :folder
    ON CONFLICT ON CONSTRAINT inbox_failures_message_key DO NOTHING
    RETURNING error
""")


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """The settings as stored: the password is encrypted."""

    email: str
    imap: dict[str, Any]
    sealed: str | None


@dataclass(frozen=True, slots=True)
class Placed:
    """How far a folder has been read. `uid_validity` is None until the folder has been opened once."""

    account: str
    uid_validity: int | None
    last_uid: int
    since: date | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class FolderKey:
    mailbox_id: UUID
    folder: str

    def of(self, session: ReadSession, **more: Any) -> Mapping[str, Any]:
        return {"tenant_id": session.tenant_id, "mailbox_id": self.mailbox_id, "folder": self.folder, **more}


async def settings_of(session: ReadSession, mailbox_id: UUID) -> InboxSettings | None:
    """Returns None when the mailbox does not exist, or has no inbox to watch."""
    statement = select(Mailbox.email, Mailbox.imap, Mailbox.imap_password).where(
        Mailbox.tenant_id == session.tenant_id, Mailbox.id == mailbox_id
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None or row.imap is None else InboxSettings(row.email, row.imap, row.imap_password)


async def forget_others(session: WriteSession, mailbox_id: UUID, folders: Sequence[str]) -> None:
    """Deletes the cursors of folders that are no longer watched: all except `folders`."""
    statement = delete(InboxCursor).where(
        InboxCursor.tenant_id == session.tenant_id,
        InboxCursor.mailbox_id == mailbox_id,
        InboxCursor.folder.not_in(folders),
    )
    await session.execute(statement.execution_options(synchronize_session=False))


async def lock_place(session: WriteSession, key: FolderKey, account: str) -> Placed:
    """Creates the cursor if it does not exist, and locks it until the transaction ends."""
    await session.execute(_MAKE, key.of(session, account=account))
    row = (await session.execute(_LOCK, key.of(session))).one()
    return Placed(row.account, row.uid_validity, row.last_uid, row.since, row.read_at)


async def set_place(
    session: WriteSession, key: FolderKey, *, account: str, uid_validity: int, last_uid: int, since: date | None
) -> None:
    place = {"account": account, "uid_validity": uid_validity, "last_uid": last_uid, "since": since}
    await session.execute(_PLACE, key.of(session, **place))


async def trying(session: WriteSession, key: FolderKey, uid_validity: int, uid: int) -> int | None:
    """Returns the number of the attempt to read this message, from 1; None when the cursor no longer exists."""
    return await session.scalar(_TRYING, key.of(session, uid_validity=uid_validity, uid=uid))


async def take(session: WriteSession, key: FolderKey, uid_validity: int, uid: int) -> bool:
    """Moves the cursor past the message. Returns False when another reader has done so. Others wait until the
    transaction ends."""
    return bool(await session.scalar(_TAKE, key.of(session, uid_validity=uid_validity, uid=uid)))


async def all_read(session: WriteSession, key: FolderKey, uid_validity: int, uid: int) -> bool:
    """Moves the cursor to this UID at least. Returns False when the cursor no longer exists."""
    return bool(await session.scalar(_ALL_READ, key.of(session, uid_validity=uid_validity, uid=uid)))


async def failing(
    session: WriteSession, key: FolderKey, settings: InboxSettings, *, account: str, error_code: str, error: str
) -> bool:
    """Stores the error. Returns False when the mailbox has other settings by now."""
    told = {"account": account, "error_code": error_code, "error": error}
    told |= {"imap": settings.imap, "sealed": settings.sealed}
    return bool(await session.scalar(_FAILING, key.of(session, **told)))


async def must_be_told(session: WriteSession, key: FolderKey, after: timedelta) -> bool:
    """Whether the folder has failed for this long and nobody was told. Returns True once until the folder is read
    again."""
    return bool(await session.scalar(_TOLD, key.of(session, after=after)))


async def give_up(session: WriteSession, key: FolderKey, uid: int) -> bool:
    """Records that the message is given up, with the error of the last attempt to read it.

    Returns False when it is recorded already.
    """
    return await session.scalar(_GIVE_UP, key.of(session, uid=uid)) is not None


async def cursors_of(session: ReadSession, mailbox_id: UUID) -> Sequence[InboxCursor]:
    statement = select(InboxCursor).where(
        InboxCursor.tenant_id == session.tenant_id, InboxCursor.mailbox_id == mailbox_id
    )
    return (await session.scalars(statement.order_by(InboxCursor.created_at, InboxCursor.folder))).all()


async def newest_failures(session: ReadSession, mailbox_id: UUID, limit: int) -> Sequence[InboxFailure]:
    statement = select(InboxFailure).where(
        InboxFailure.tenant_id == session.tenant_id, InboxFailure.mailbox_id == mailbox_id
    )
    newest = statement.order_by(InboxFailure.created_at.desc(), InboxFailure.id.desc()).limit(limit)
    return (await session.scalars(newest)).all()


async def count_failures(session: ReadSession, mailbox_id: UUID) -> int:
    statement = (
        select(func.count())
        .select_from(InboxFailure)
        .where(InboxFailure.tenant_id == session.tenant_id, InboxFailure.mailbox_id == mailbox_id)
    )
    return int(await session.scalar(statement) or 0)
