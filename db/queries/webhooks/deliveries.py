"""Deliveries to webhook endpoints that are still to be made. They are claimed, delivered, and settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from db.calls.webhooks import ClaimWebhookDeliveries
from db.models import WebhookDelivery
from db.queries.paging import After, newest_page
from db.session import Database, ReadSession, WriteSession


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """Includes the present attempt."""

    id: UUID
    endpoint_id: UUID
    event_type: str
    payload: dict[str, Any]
    attempts: int
    url: str
    secret: str


async def claim(database: Database, tenant_id: UUID, *, limit: int, lease: timedelta) -> list[ClaimedDelivery]:
    """Claims due deliveries. The caller must settle each one. After a crash the lease expires and they can be claimed
    again."""
    rows = await ClaimWebhookDeliveries(tenant_id=tenant_id, limit=limit, lease=lease).all_rows(database)
    return [ClaimedDelivery(**row._mapping) for row in rows]


async def list_deliveries(
    session: ReadSession, endpoint_id: UUID, after: After | None, limit: int
) -> Sequence[WebhookDelivery]:
    statement = select(WebhookDelivery).where(
        WebhookDelivery.tenant_id == session.tenant_id, WebhookDelivery.endpoint_id == endpoint_id
    )
    page = newest_page(statement, WebhookDelivery.created_at, WebhookDelivery.id, after, limit)
    return (await session.scalars(page)).all()


async def settle(
    session: WriteSession,
    delivery_id: UUID,
    *,
    status: str,
    status_code: int | None,
    error: str | None,
    retry_after: timedelta | None = None,
) -> datetime | None:
    """Records how an attempt ended. Returns the time at which the delivery was created; None when it no longer
    exists."""
    values: dict[str, Any] = {"status": status, "last_status_code": status_code, "last_error": error}
    if status == "delivered":
        values["delivered_at"] = func.clock_timestamp()
    if retry_after is not None:
        values["next_attempt_at"] = func.clock_timestamp() + retry_after
    statement = (
        update(WebhookDelivery)
        .where(WebhookDelivery.tenant_id == session.tenant_id, WebhookDelivery.id == delivery_id)
        .values(**values)
        .returning(WebhookDelivery.created_at)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement)
