"""Browser sessions, and the links with which users set their passwords."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Row, Timestamp


class BrowserSession(Row, Base):
    """A session of a user or of an API key. Only the SHA-256 of the cookie's token is stored."""

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("token_hash", name="sessions_token_hash_key"),
        ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "api_key_id"], ["api_keys.tenant_id", "api_keys.id"], ondelete="CASCADE"),
        Index("sessions_by_user", "tenant_id", "user_id", postgresql_where=text("user_id IS NOT NULL")),
        Index("sessions_by_key", "tenant_id", "api_key_id", postgresql_where=text("api_key_id IS NOT NULL")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[bytes]
    user_id: Mapped[UUID | None] = mapped_column(Uuid)
    api_key_id: Mapped[UUID | None] = mapped_column(Uuid)
    created_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp]
    expires_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '14 days'"))


class Invitation(Base):
    """At most one for each user: a new one replaces it."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("token_hash", name="invitations_token_hash_key"),
        ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE"),
    )

    tenant_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    token_hash: Mapped[bytes]
    created_at: Mapped[Timestamp]
    expires_at: Mapped[datetime] = mapped_column(server_default=text("now() + interval '7 days'"))
