"""Watched inboxes: how far each folder has been read, and which of its messages could not be read."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Row, Timestamp, Zero


class InboxCursor(Row, Base):
    """One folder of a mailbox; the columns are explained in 0009_inboxes.sql."""

    __tablename__ = "inbox_cursors"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "mailbox_id"], ["mailboxes.tenant_id", "mailboxes.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "mailbox_id", "folder", name="inbox_cursors_folder_key"),
    )

    mailbox_id: Mapped[UUID] = mapped_column(Uuid)
    folder: Mapped[str]
    account: Mapped[str]
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, server_default="0")
    since: Mapped[date | None]
    trying_uid: Mapped[int] = mapped_column(BigInteger, server_default="0")
    attempts: Mapped[Zero]
    read_at: Mapped[datetime | None]
    seen_at: Mapped[Timestamp]
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class InboxFailure(Row, Base):
    """A message that could not be read, kept so that a person can look at it in the mailbox."""

    __tablename__ = "inbox_failures"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "mailbox_id"], ["mailboxes.tenant_id", "mailboxes.id"], ondelete="CASCADE"),
        UniqueConstraint("tenant_id", "mailbox_id", "folder", "uid_validity", "uid", name="inbox_failures_message_key"),
        Index("inbox_failures_newest", "tenant_id", "mailbox_id", text("created_at DESC"), text("id DESC")),
    )

    mailbox_id: Mapped[UUID] = mapped_column(Uuid)
    folder: Mapped[str]
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)
    error: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[Timestamp]
