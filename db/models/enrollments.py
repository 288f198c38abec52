"""Enrollments: their places, messages, execution log and events, and the commands for Temporal.

The transitions are SQL functions (`db/sql`). These models only read.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ForeignKeyConstraint,
    Index,
    Interval,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyObject, EmptyTexts, NumberedRow, Row, Timestamp, Zero

LIVE = text("status IN ('pending', 'active', 'paused', 'failed')")
MOVING = text("status IN ('pending', 'active')")


def _to(table: str, column: str, ondelete: str | None = None) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"], ondelete=ondelete)


class Enrollment(Row, Base):
    __tablename__ = "lead_sequence_state"
    __table_args__ = (
        _to("leads", "lead_id", "CASCADE"),
        _to("sequences", "sequence_id"),
        _to("sequence_versions", "version_id"),
        _to("campaigns", "campaign_id"),
        _to("mailboxes", "mailbox_id", "SET NULL (mailbox_id)"),
        Index(
            "lead_sequence_state_live",
            "tenant_id",
            "lead_id",
            "sequence_id",
            unique=True,
            postgresql_where=LIVE,
        ),
        Index("lead_sequence_state_by_lead", "lead_id", "tenant_id", text("enrolled_at DESC")),
        Index("lead_sequence_state_by_sequence", "sequence_id", "tenant_id", "status", "lead_id"),
        Index(
            "lead_sequence_state_parked",
            "tenant_id",
            "id",
            postgresql_where=text("next_action_at IS NULL AND status IN ('pending', 'active')"),
        ),
        Index("lead_sequence_state_due", "next_action_at", postgresql_where=MOVING),
        Index(
            "lead_sequence_state_ahead",
            "next_action_at",
            postgresql_where=text("status IN ('pending', 'active') AND clock_offset <> '0'"),
        ),
    )

    lead_id: Mapped[UUID] = mapped_column(Uuid)
    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    version_id: Mapped[UUID] = mapped_column(Uuid)
    campaign_id: Mapped[UUID | None] = mapped_column(Uuid)
    mailbox_id: Mapped[UUID | None] = mapped_column(Uuid)
    batch_id: Mapped[UUID | None] = mapped_column(Uuid)
    status: Mapped[str] = mapped_column(server_default="pending")
    stop_reason: Mapped[str | None]
    current_step_id: Mapped[UUID | None] = mapped_column(Uuid)
    next_action_at: Mapped[datetime | None]
    step_entered_at: Mapped[datetime | None]
    hold_until: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    paused_by: Mapped[str | None]
    visits: Mapped[EmptyObject]
    done: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    waiting_for: Mapped[str | None]
    heard_event_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    untold_revision: Mapped[int | None] = mapped_column(BigInteger)
    clock_offset: Mapped[timedelta] = mapped_column(Interval, server_default="0")
    steps_completed: Mapped[Zero]
    emails_sent: Mapped[Zero]
    emails_opened: Mapped[Zero]
    emails_clicked: Mapped[Zero]
    emails_replied: Mapped[Zero]
    engagement_score: Mapped[Zero]
    last_activity_at: Mapped[datetime | None]
    error: Mapped[str | None]
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    deferral: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    updated_at: Mapped[Timestamp]


class Message(Row, Base):
    """The ledger: at most one message for each visit of an enrollment to a step."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("tenant_id", "enrollment_id", "step_id", "visit", name="messages_step_key"),
        UniqueConstraint("tenant_id", "rfc_message_id", name="messages_rfc_message_id_key"),
        _to("lead_sequence_state", "enrollment_id", "CASCADE"),
        _to("mailboxes", "mailbox_id", "SET NULL (mailbox_id)"),
        Index("messages_by_rfc_message_id", "rfc_message_id"),
        Index(
            "messages_by_lead", "lead_id", "tenant_id", text("sent_at DESC"), postgresql_where=text("status = 'sent'")
        ),
        Index("messages_unsettled", "tenant_id", "sending_at", postgresql_where=text("status = 'sending'")),
        Index("messages_by_mailbox", "mailbox_id", "tenant_id", text("reserved_at DESC")),
        Index("messages_by_sequence", "tenant_id", "sequence_id"),
    )

    enrollment_id: Mapped[UUID] = mapped_column(Uuid)
    lead_id: Mapped[UUID] = mapped_column(Uuid)
    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    mailbox_id: Mapped[UUID | None] = mapped_column(Uuid)
    step_id: Mapped[UUID] = mapped_column(Uuid)
    visit: Mapped[int]
    status: Mapped[str] = mapped_column(server_default="reserved")
    rfc_message_id: Mapped[str]
    thread: Mapped[EmptyTexts]
    subject: Mapped[str]
    variant: Mapped[str | None]
    reserved_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    attempt_id: Mapped[UUID | None] = mapped_column(Uuid)
    sent_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    response: Mapped[str | None]
    updated_at: Mapped[Timestamp]


class LogEntry(NumberedRow, Base):
    """Partitioned by month (db/sql/log.sql). It is always read and written through this parent table."""

    __tablename__ = "sequence_execution_log"
    __table_args__ = (
        _to("lead_sequence_state", "enrollment_id", "CASCADE"),
        Index("sequence_execution_log_by_enrollment", "tenant_id", "enrollment_id", "id"),
        Index("sequence_execution_log_by_lead", "tenant_id", "lead_id", "id"),
        Index("sequence_execution_log_by_sequence", "tenant_id", "sequence_id", "occurred_at", "id"),
        {"postgresql_partition_by": "RANGE (occurred_at)"},
    )

    enrollment_id: Mapped[UUID] = mapped_column(Uuid)
    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    lead_id: Mapped[UUID] = mapped_column(Uuid)
    step_id: Mapped[UUID | None] = mapped_column(Uuid)
    event: Mapped[str]
    detail: Mapped[EmptyObject]
    # Part of the key, because the log is partitioned by it.
    occurred_at: Mapped[datetime] = mapped_column(primary_key=True)


class LeadEngagement(NumberedRow, Base):
    __tablename__ = "lead_engagement"
    __table_args__ = (
        UniqueConstraint("tenant_id", "event_id", name="lead_engagement_event_id_key"),
        _to("leads", "lead_id", "CASCADE"),
        _to("lead_sequence_state", "enrollment_id", "CASCADE"),
        Index("lead_engagement_by_enrollment", "tenant_id", "enrollment_id"),
        Index("lead_engagement_by_lead", "tenant_id", "lead_id", "id"),
        Index(
            "lead_engagement_by_sequence",
            "tenant_id",
            "sequence_id",
            postgresql_where=text("message_id IS NOT NULL"),
        ),
    )

    lead_id: Mapped[UUID] = mapped_column(Uuid)
    enrollment_id: Mapped[UUID | None] = mapped_column(Uuid)
    sequence_id: Mapped[UUID | None] = mapped_column(Uuid)
    message_id: Mapped[UUID | None] = mapped_column(Uuid)
    step_id: Mapped[UUID | None] = mapped_column(Uuid)
    type: Mapped[str]
    name: Mapped[str | None]
    machine: Mapped[bool] = mapped_column(server_default=text("false"))
    detail: Mapped[EmptyObject]
    event_id: Mapped[str | None]
    occurred_at: Mapped[datetime]


class OutboxRow(NumberedRow, Base):
    __tablename__ = "outbox"
    __table_args__ = (
        _to("lead_sequence_state", "enrollment_id", "CASCADE"),
        Index("outbox_by_enrollment", "tenant_id", "enrollment_id", "id"),
        Index("outbox_signals", "tenant_id", "id", postgresql_where=text("command <> 'start'")),
    )

    enrollment_id: Mapped[UUID] = mapped_column(Uuid)
    command: Mapped[str]
    attempts: Mapped[Zero]
    last_error: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
