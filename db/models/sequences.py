"""Sequences, the steps of their drafts, and their published versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyObject, EmptyText, Row, Timestamp, Zero

_ON_COMPANY_REPLY = "plan #>> '{settings,on_company_reply}'"
_EXCLUSIVE = "coalesce((plan #>> '{settings,exclusive}')::boolean, false)"


class Sequence(Row, Base):
    __tablename__ = "sequences"
    __table_args__ = (Index("sequences_newest", "tenant_id", text("created_at DESC"), text("id DESC")),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    description: Mapped[EmptyText]
    status: Mapped[str] = mapped_column(server_default="draft")
    settings: Mapped[EmptyObject]
    steps_count: Mapped[Zero]
    """Kept by a trigger on sequence_steps."""
    steps_revision: Mapped[Zero]
    """Counts the edits of its drafted steps."""
    current_version: Mapped[int | None]
    unpublished: Mapped[bool] = mapped_column(server_default=text("false"))
    """Whether the draft differs from the current version."""
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class SequenceStep(Row, Base):
    __tablename__ = "sequence_steps"
    __table_args__ = (
        Index(
            "sequence_steps_key_key",
            "tenant_id",
            "sequence_id",
            "key",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
        UniqueConstraint(
            "tenant_id",
            "sequence_id",
            "position",
            name="sequence_steps_position_key",
            deferrable=True,
            initially="DEFERRED",
        ),
        ForeignKeyConstraint(["tenant_id", "sequence_id"], ["sequences.tenant_id", "sequences.id"], ondelete="CASCADE"),
    )

    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    key: Mapped[str]
    name: Mapped[EmptyText]
    type: Mapped[str]
    position: Mapped[int | None]
    """None once the step was removed."""
    delay_days: Mapped[Zero]
    delay_hours: Mapped[Zero]
    delay_minutes: Mapped[Zero]
    config: Mapped[EmptyObject]
    # SQLAlchemy reserves the name `metadata`.
    meta: Mapped[EmptyObject] = mapped_column("metadata")
    removed_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class SequenceVersion(Row, Base):
    __tablename__ = "sequence_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sequence_id", "version", name="sequence_versions_version_key"),
        Index("sequence_versions_exclusive", "tenant_id", "id", postgresql_where=text("exclusive")),
        Index(
            "sequence_versions_heeding",
            "tenant_id",
            "id",
            postgresql_where=text("on_company_reply IN ('stop', 'pause')"),
        ),
        ForeignKeyConstraint(["tenant_id", "sequence_id"], ["sequences.tenant_id", "sequences.id"], ondelete="CASCADE"),
    )

    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    version: Mapped[int]
    plan: Mapped[dict[str, Any]]
    exclusive: Mapped[bool] = mapped_column(Computed(_EXCLUSIVE, persisted=True))
    """Whether its leads may be in no other sequence."""
    on_company_reply: Mapped[str | None] = mapped_column(Computed(_ON_COMPANY_REPLY, persisted=True))
    """With `stop` and `pause`, a colleague's reply affects its leads."""
    published_at: Mapped[Timestamp]
