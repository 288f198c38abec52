"""Notifications for users."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Row, Timestamp


class Notification(Row, Base):
    """Without a user it is for all users of the tenant."""

    __tablename__ = "notifications"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["leads.tenant_id", "leads.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "enrollment_id"],
            ["lead_sequence_state.tenant_id", "lead_sequence_state.id"],
            ondelete="CASCADE",
        ),
        Index("notifications_newest", "tenant_id", text("created_at DESC"), text("id DESC")),
        Index("notifications_by_lead", "tenant_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    kind: Mapped[str]
    message: Mapped[str]
    lead_id: Mapped[UUID | None] = mapped_column(Uuid)
    enrollment_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[Timestamp]
    read_at: Mapped[datetime | None]
