"""Webhook endpoints, and their undelivered events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, EmptyText, Row, Timestamp, Zero


class WebhookEndpoint(Row, Base):
    __tablename__ = "webhook_endpoints"

    tenant_id: Mapped[UUID] = mapped_column(ForeignKey("tenants.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str]
    description: Mapped[EmptyText]
    event_types: Mapped[list[str]]
    secret: Mapped[str] = mapped_column(server_default=func.new_webhook_secret())
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    disabled_reason: Mapped[str | None]
    last_success_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
    updated_at: Mapped[Timestamp]


class WebhookDelivery(Row, Base):
    """`id` is the `webhook-id` header, the same on every attempt."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "endpoint_id"], ["webhook_endpoints.tenant_id", "webhook_endpoints.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["leads.tenant_id", "leads.id"], ondelete="CASCADE"),
        Index("webhook_deliveries_newest", "tenant_id", "endpoint_id", text("created_at DESC"), text("id DESC")),
        Index("webhook_deliveries_due", "tenant_id", "next_attempt_at", postgresql_where=text("status = 'pending'")),
        Index("webhook_deliveries_by_lead", "tenant_id", "lead_id", postgresql_where=text("lead_id IS NOT NULL")),
    )

    endpoint_id: Mapped[UUID] = mapped_column(Uuid)
    lead_id: Mapped[UUID | None] = mapped_column(Uuid)
    event_type: Mapped[str]
    payload: Mapped[dict[str, Any]]
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[Zero]
    next_attempt_at: Mapped[Timestamp]
    last_status_code: Mapped[int | None]
    last_error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
