"""Mailboxes: who sends, through which servers, how much, and which inboxes are watched."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyText, Row, Timestamp, Zero


class Mailbox(Row, Base):
    """A sender. While it is `held`, nothing is sent from it. 0006_mailboxes.sql explains the columns."""

    __tablename__ = "mailboxes"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email", name="mailboxes_email_key"),
        Index("mailboxes_by_email", "email"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str]
    name: Mapped[EmptyText]
    status: Mapped[str] = mapped_column(server_default="active")
    timezone: Mapped[EmptyText]
    day_zone: Mapped[EmptyText]
    weight: Mapped[int] = mapped_column(server_default="1")
    daily_cap: Mapped[int | None]
    hourly_cap: Mapped[int | None]
    min_gap_seconds: Mapped[Zero]
    gap_jitter_seconds: Mapped[Zero]
    ramp_start: Mapped[int | None]
    ramp_increase: Mapped[int | None]
    ramp_started_on: Mapped[date | None]
    working_hours: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    smtp: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    imap: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    smtp_password: Mapped[str | None]
    imap_password: Mapped[str | None]
    hold_reason: Mapped[str | None]
    held_at: Mapped[datetime | None]
    smtp_auth_failures: Mapped[Zero]
    imap_auth_failures: Mapped[Zero]
    refusals: Mapped[Zero]
    counted_from: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]
