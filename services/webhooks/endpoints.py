"""Webhook endpoints: the URLs to which a tenant has events sent, and which events."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from db.models import WebhookDelivery, WebhookEndpoint
from db.queries.rows import change_row, delete_row, find_row
from db.queries.webhooks import deliveries
from db.queries.webhooks import endpoints as queries
from db.session import ReadSession, WriteSession
from domain.errors import FieldError, Invalid, NotFound
from domain.webhooks.addresses import WebhookFailed, checked_url
from domain.webhooks.events import TEST_EVENT
from services.access.audit import audited
from services.paging import Page, PageRequest, after_of, newest_first
from webhooks.client import WebhookClient


@dataclass(frozen=True, slots=True)
class Tried:
    """The result of a test event. `code` and `detail` give the reason of a failure."""

    delivered: bool
    status_code: int | None
    code: str | None
    detail: str | None
    duration_ms: int


async def create_endpoint(session: WriteSession, values: Mapping[str, Any], *, allow_private: bool) -> WebhookEndpoint:
    """The answer contains its secret. Raises Invalid for a URL to which webhooks are never sent."""
    _refuse_bad_url(values, allow_private)
    made = await queries.insert_endpoint(session, values)
    await audited(session, "webhook_endpoint.created", made.id)
    return made


async def get_endpoint(session: ReadSession, endpoint_id: UUID) -> WebhookEndpoint:
    """Raises NotFound."""
    return _found(await find_row(session, WebhookEndpoint, endpoint_id), endpoint_id)


async def list_endpoints(session: ReadSession, page: PageRequest) -> Page[WebhookEndpoint]:
    """The newest first. Raises InvalidCursor."""
    return newest_first(await queries.list_endpoints(session, after_of(page), page.limit), page.limit)


async def change_endpoint(
    session: WriteSession, endpoint_id: UUID, changes: Mapping[str, Any], *, allow_private: bool
) -> WebhookEndpoint:
    """Enabling an endpoint sends the events that waited for it. Raises NotFound, Invalid."""
    _refuse_bad_url(changes, allow_private)
    values = dict(changes)
    if "enabled" in values:
        values["disabled_reason"] = None
    changed = _found(await change_row(session, WebhookEndpoint, endpoint_id, values), endpoint_id)
    await audited(session, "webhook_endpoint.updated", endpoint_id, fields=changes)
    return changed


async def delete_endpoint(session: WriteSession, endpoint_id: UUID) -> None:
    """Deletes the endpoint with its undelivered events. Raises NotFound."""
    if not await delete_row(session, WebhookEndpoint, endpoint_id):
        raise _missing(endpoint_id)
    await audited(session, "webhook_endpoint.deleted", endpoint_id)


async def rotate_secret(session: WriteSession, endpoint_id: UUID) -> WebhookEndpoint:
    """Signs with a new secret from now on, also when it tries old events again. Raises NotFound."""
    changed = _found(await queries.rotate_secret(session, endpoint_id), endpoint_id)
    await audited(session, "webhook_endpoint.secret_rotated", endpoint_id)
    return changed


async def list_deliveries(session: ReadSession, endpoint_id: UUID, page: PageRequest) -> Page[WebhookDelivery]:
    """The newest first. Raises NotFound, InvalidCursor."""
    await get_endpoint(session, endpoint_id)
    rows = await deliveries.list_deliveries(session, endpoint_id, after_of(page), page.limit)
    return newest_first(rows, page.limit)


async def send_test(endpoint: WebhookEndpoint, client: WebhookClient) -> Tried:
    """Sends one `webhook.test` event now, whether the endpoint is enabled or not."""
    payload = {
        "type": TEST_EVENT,
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"endpoint_id": str(endpoint.id)},
    }
    started = time.monotonic()
    try:
        answer = await client.send(endpoint.url, endpoint.secret, webhook_id(uuid4()), json.dumps(payload))
    except WebhookFailed as failed:
        return Tried(False, failed.status_code, failed.code, failed.detail, _since(started))
    return Tried(True, answer.status_code, None, None, _since(started))


def webhook_id(delivery_id: UUID) -> str:
    """The `webhook-id` header. A receiver recognises repeated events by it."""
    return f"msg_{delivery_id.hex}"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _refuse_bad_url(values: Mapping[str, Any], allow_private: bool) -> None:
    """Checks the text of the URL only. The addresses behind its name are checked on every call."""
    if "url" in values:
        try:
            checked_url(values["url"], allow_private=allow_private, https_only=True)
        except WebhookFailed as refused:
            raise Invalid(refused.detail, errors=[FieldError("url", refused.code, refused.detail)]) from None


def _found(endpoint: WebhookEndpoint | None, endpoint_id: UUID) -> WebhookEndpoint:
    if endpoint is None:
        raise _missing(endpoint_id)
    return endpoint


def _missing(endpoint_id: UUID) -> NotFound:
    return NotFound(f"there is no webhook endpoint {endpoint_id}")
