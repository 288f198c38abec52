"""Batches: work on many leads, done in chunks, and the leads that were skipped."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyObject, NumberedRow, Row, Timestamp, Zero


class Batch(Row, Base):
    __tablename__ = "batches"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "sequence_id"], ["sequences.tenant_id", "sequences.id"]),
        ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"]),
        Index("batches_newest", "tenant_id", text("created_at DESC"), text("id DESC")),
        Index("batches_open", "tenant_id", "sequence_id", postgresql_where=text("status IN ('accepted', 'running')")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="accepted")
    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    campaign_id: Mapped[UUID | None] = mapped_column(Uuid)
    total: Mapped[Zero]
    processed: Mapped[Zero]
    accepted: Mapped[Zero]
    skipped: Mapped[EmptyObject]
    cursor: Mapped[EmptyObject]
    leased_by: Mapped[UUID | None] = mapped_column(Uuid)
    leased_until: Mapped[datetime | None]
    error: Mapped[str | None]
    created_at: Mapped[Timestamp]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class BatchSkip(NumberedRow, Base):
    __tablename__ = "batch_skips"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "batch_id"], ["batches.tenant_id", "batches.id"], ondelete="CASCADE"),
        Index("batch_skips_by_batch", "tenant_id", "batch_id", "id"),
    )

    batch_id: Mapped[UUID] = mapped_column(Uuid)
    lead_id: Mapped[UUID] = mapped_column(Uuid)
    code: Mapped[str]
    detail: Mapped[str]
    until: Mapped[datetime | None]
