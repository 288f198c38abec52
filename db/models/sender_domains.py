"""Sender domains: their DNS findings and their DKIM keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, Row, Timestamp


class SenderDomain(Row, Base):
    """The domain of a tenant's mailboxes. `dkim_private_key` is encrypted (services/secret_box.py)."""

    __tablename__ = "sender_domains"
    __table_args__ = (
        UniqueConstraint("tenant_id", "domain", name="sender_domains_domain_key"),
        CheckConstraint(
            "num_nulls(dkim_selector, dkim_private_key, dkim_record) IN (0, 3)", name="sender_domains_dkim_check"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    domain: Mapped[str]
    dkim_selector: Mapped[str | None]
    dkim_private_key: Mapped[str | None]
    dkim_record: Mapped[str | None]
    findings: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    checked_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]
