"""Webhook endpoints: the URLs at which a tenant receives events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from db.calls.webhooks import new_webhook_secret
from db.models import WebhookEndpoint
from db.queries.paging import After, newest_page
from db.queries.rows import change_row
from db.session import ReadSession, WriteSession

_SUCCEEDED = text("""
    UPDATE webhook_endpoints SET last_success_at = now() WHERE tenant_id = :tenant_id AND id = :endpoint_id
""")
# An endpoint that has succeeded since the given-up delivery was created is working, and stays enabled.
_DISABLE = text("""
    UPDATE webhook_endpoints SET enabled = false, disabled_reason = :reason
     WHERE tenant_id = :tenant_id AND id = :endpoint_id AND enabled
       AND (CAST(:unless_success_since AS timestamptz) IS NULL OR last_success_at IS NULL
            OR last_success_at < :unless_success_since)
    RETURNING id
""")


async def insert_endpoint(session: WriteSession, values: Mapping[str, Any]) -> WebhookEndpoint:
    statement = insert(WebhookEndpoint).values(tenant_id=session.tenant_id, **values).returning(WebhookEndpoint)
    return (await session.scalars(statement)).one()


async def list_endpoints(session: ReadSession, after: After | None, limit: int) -> Sequence[WebhookEndpoint]:
    statement = select(WebhookEndpoint).where(WebhookEndpoint.tenant_id == session.tenant_id)
    page = newest_page(statement, WebhookEndpoint.created_at, WebhookEndpoint.id, after, limit)
    return (await session.scalars(page)).all()


async def rotate_secret(session: WriteSession, endpoint_id: UUID) -> WebhookEndpoint | None:
    """Stores a new secret. Returns the endpoint; None when there is none."""
    return await change_row(session, WebhookEndpoint, endpoint_id, {"secret": new_webhook_secret()})


async def note_success(session: WriteSession, endpoint_id: UUID) -> None:
    await session.execute(_SUCCEEDED, {"tenant_id": session.tenant_id, "endpoint_id": endpoint_id})


async def disable(
    session: WriteSession, endpoint_id: UUID, reason: str, *, unless_success_since: datetime | None = None
) -> bool:
    """Returns True when this call disabled the endpoint. False: it was disabled already, or has succeeded since that
    moment."""
    parameters = {
        "tenant_id": session.tenant_id,
        "endpoint_id": endpoint_id,
        "reason": reason,
        "unless_success_since": unless_success_since,
    }
    return await session.scalar(_DISABLE, parameters) is not None
