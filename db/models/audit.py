"""The audit log: who changed which administrative setting."""

from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyObject, Row, Timestamp


class AuditEntry(Row, Base):
    """Rows are added and read, never changed. Without a key and a user, the command line on the server or the operator
    did it."""

    __tablename__ = "audit_log"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "api_key_id"], ["api_keys.tenant_id", "api_keys.id"]),
        Index("audit_log_newest", "tenant_id", text("created_at DESC"), text("id DESC")),
        Index("audit_log_by_action", "tenant_id", "action", text("created_at DESC"), text("id DESC")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    action: Mapped[str]
    api_key_id: Mapped[UUID | None] = mapped_column(Uuid)
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    target_id: Mapped[UUID | None] = mapped_column(Uuid)
    detail: Mapped[EmptyObject]
    created_at: Mapped[Timestamp]
