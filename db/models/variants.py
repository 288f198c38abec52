"""The winning variants of email steps."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Double, ForeignKeyConstraint, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, TenantKey, Timestamp


class VariantWinner(TenantKey, Base):
    """The variant that every lead at the step is sent from then on, as long as it exists."""

    __tablename__ = "variant_winners"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "sequence_id"], ["sequences.tenant_id", "sequences.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["tenant_id", "step_id"], ["sequence_steps.tenant_id", "sequence_steps.id"], ondelete="CASCADE"
        ),
        Index("variant_winners_by_sequence", "tenant_id", "sequence_id"),
        CheckConstraint("certainty >= 0 AND certainty <= 1"),
    )

    step_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sequence_id: Mapped[UUID] = mapped_column(Uuid)
    variant: Mapped[str]
    certainty: Mapped[float] = mapped_column(Double)
    decided_at: Mapped[Timestamp]
