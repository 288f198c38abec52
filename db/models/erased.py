"""What remains of erased leads: the figures that analytics count."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Uuid, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Row


def _of_sequence(table: str) -> tuple[ForeignKeyConstraint, Index]:
    return (
        ForeignKeyConstraint(["tenant_id", "sequence_id"], ["sequences.tenant_id", "sequences.id"], ondelete="CASCADE"),
        Index(f"{table}_by_sequence", "tenant_id", "sequence_id"),
    )


class ErasedEnrollment(Row, Base):
    """An enrollment under a new ID. `moves`: the delays and conditions that it entered, and their outcomes."""

    __tablename__ = "erased_enrollments"
    __table_args__ = _of_sequence(__tablename__)

    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    status: Mapped[str]
    stop_reason: Mapped[str | None]
    current_step_id: Mapped[UUID | None] = mapped_column(Uuid)
    visits: Mapped[dict[str, Any]]
    enrolled_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    moves: Mapped[list[Any]] = mapped_column(JSONB)


class ErasedEmail(Row, Base):
    """An email under a new ID, and when it was first opened, clicked, replied to and so on."""

    __tablename__ = "erased_emails"
    __table_args__ = _of_sequence(__tablename__)

    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    step_id: Mapped[UUID] = mapped_column(Uuid)
    variant: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    clicked_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    machine_open: Mapped[bool] = mapped_column(server_default=false())
    machine_click: Mapped[bool] = mapped_column(server_default=false())
