"""Leads, campaigns, and the addresses that must not be sent email."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyObject, EmptyText, EmptyTexts, Row, TenantKey, Timestamp


class Lead(Row, Base):
    __tablename__ = "leads"
    __table_args__ = (
        UniqueConstraint("tenant_id", "email", name="leads_email_key"),
        ForeignKeyConstraint(
            ["tenant_id", "owner_id"], ["users.tenant_id", "users.id"], ondelete="SET NULL (owner_id)"
        ),
        Index("leads_by_domain", "domain", "tenant_id"),
        Index("leads_newest", "tenant_id", text("created_at DESC"), text("id DESC")),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str]
    domain: Mapped[str] = mapped_column(Computed("split_part(email, '@', -1)", persisted=True))
    first_name: Mapped[EmptyText]
    last_name: Mapped[EmptyText]
    company: Mapped[EmptyText]
    title: Mapped[EmptyText]
    phone: Mapped[EmptyText]
    timezone: Mapped[EmptyText]
    status: Mapped[str] = mapped_column(server_default="new")
    owner_id: Mapped[UUID | None] = mapped_column(Uuid)
    tags: Mapped[EmptyTexts]
    custom: Mapped[EmptyObject]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class Campaign(Row, Base):
    __tablename__ = "campaigns"
    __table_args__ = (ForeignKeyConstraint(["tenant_id", "sequence_id"], ["sequences.tenant_id", "sequences.id"]),)

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    description: Mapped[EmptyText]
    sequence_id: Mapped[UUID | None] = mapped_column(Uuid)
    """The sequence in which its leads are enrolled."""
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class CampaignLead(TenantKey, Base):
    __tablename__ = "campaign_leads"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "campaign_id"], ["campaigns.tenant_id", "campaigns.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["leads.tenant_id", "leads.id"], ondelete="CASCADE"),
        Index("campaign_leads_by_lead", "tenant_id", "lead_id"),
    )

    campaign_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    lead_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    added_at: Mapped[Timestamp]


class Suppression(Row, Base):
    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "kind", "value", name="suppressions_value_key"),
        CheckConstraint("kind IN ('address', 'domain')"),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[Timestamp]
