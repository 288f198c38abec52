"""When mailboxes send. Written by SQL functions alone (migration 0007, where the columns are explained)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE, Range
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Row, TenantKey, Zero


class SendSlot(Row, Base):
    """A moment at which a mailbox sends or has sent, or room on a day that is reserved for a later email."""

    __tablename__ = "send_slots"
    __table_args__ = (
        CheckConstraint("at IS NOT NULL OR status IN ('planned', 'free')", name="slot_has_a_time"),
        ForeignKeyConstraint(["tenant_id", "mailbox_id"], ["mailboxes.tenant_id", "mailboxes.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "enrollment_id"],
            ["lead_sequence_state.tenant_id", "lead_sequence_state.id"],
            ondelete="SET NULL (enrollment_id)",
        ),
        Index(
            "send_slots_calendar",
            "mailbox_id",
            "tenant_id",
            "at",
            postgresql_where=text("status IN ('held', 'used')"),
        ),
        Index("send_slots_by_enrollment", "enrollment_id", "tenant_id"),
        Index("send_slots_free", "mailbox_id", "tenant_id", postgresql_where=text("status = 'free'")),
        Index("send_slots_held", "at", postgresql_where=text("status = 'held'")),
    )

    mailbox_id: Mapped[UUID] = mapped_column(Uuid)
    enrollment_id: Mapped[UUID | None] = mapped_column(Uuid)
    step_id: Mapped[UUID] = mapped_column(Uuid)
    visit: Mapped[int]
    status: Mapped[str]
    at: Mapped[datetime | None]
    day: Mapped[date]


class SendDay(TenantKey, Base):
    """The figures of one day of a mailbox with limits."""

    __tablename__ = "send_days"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "mailbox_id"], ["mailboxes.tenant_id", "mailboxes.id"], ondelete="CASCADE"),
    )

    mailbox_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    taken: Mapped[Zero]
    planned: Mapped[Zero]
    busy: Mapped[list[Range[datetime]]] = mapped_column(TSTZMULTIRANGE, server_default=text("'{}'"))
