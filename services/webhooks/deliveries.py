"""Delivers webhook events to their endpoints, at least once each.

The rows were written in the transaction of the fact (`queue_webhooks`). Any number of deliverers may run. Each leases
rows for a while; when one dies, its rows are free again after the lease. A failed delivery is tried again for about a
day. An endpoint that accepted nothing in all that time is disabled, and a notification says so.
"""

import asyncio
import json
import logging
import random
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from db.calls.access import TenantsWithWebhooks, tenants
from db.queries.notifications import notify
from db.queries.webhooks import deliveries as queries
from db.queries.webhooks import endpoints as webhook_endpoints
from db.queries.webhooks.deliveries import ClaimedDelivery
from db.session import Database, WriteSession
from domain.webhooks.addresses import WebhookFailed
from domain.webhooks.events import retry_after
from services.tenant_tasks import TenantTasks
from services.webhooks.endpoints import webhook_id
from webhooks.client import WebhookClient

log = logging.getLogger(__name__)

BATCH = 50
AT_ONCE = 10
# Longer than a whole batch may take when each of its calls takes the client's whole time limit.
LEASE = timedelta(seconds=180)
WATCH_SECONDS = 2.0
GONE = 410


class WebhookDeliverer:
    def __init__(self, database: Database, client: WebhookClient) -> None:
        self._database = database
        self._client = client
        self._background = TenantTasks("webhooks", self._run)

    def kick(self, tenant_id: UUID) -> None:
        """Starts the delivery of the tenant's due events in the background. Call it after the commit."""
        self._background.kick(tenant_id)

    async def run(self, tenant_id: UUID) -> int:
        """Delivers the tenant's events until none is due. Returns the number of attempts."""
        attempts = 0
        while claimed := await queries.claim(self._database, tenant_id, limit=BATCH, lease=LEASE):
            slots = asyncio.Semaphore(AT_ONCE)
            await asyncio.gather(*(self._deliver(tenant_id, one, slots) for one in claimed))
            attempts += len(claimed)
        return attempts

    async def kick_all(self) -> None:
        """Starts the delivery for every tenant with due events. Tenants do not wait for each other."""
        for tenant_id in await tenants(self._database, TenantsWithWebhooks()):
            self.kick(tenant_id)

    async def watch(self) -> None:
        """Runs until it is cancelled. It finds the events that steps have queued within seconds, so steps need not wake
        it."""
        while True:
            try:
                await self.kick_all()
            except (SQLAlchemyError, OSError) as error:
                log.warning("webhooks wait for the database (%s)", type(error).__name__)
            await asyncio.sleep(WATCH_SECONDS)

    async def aclose(self) -> None:
        """Cancels running deliveries. They are delivered again after their lease."""
        await self._background.aclose()

    async def _run(self, tenant_id: UUID) -> bool:
        await self.run(tenant_id)
        return True

    async def _deliver(self, tenant_id: UUID, one: ClaimedDelivery, slots: asyncio.Semaphore) -> None:
        async with slots:
            try:
                body = json.dumps(one.payload, ensure_ascii=False, separators=(",", ":"))
                answer = await self._client.send(one.url, one.secret, webhook_id(one.id), body)
            except WebhookFailed as failed:
                async with self._database.write(tenant_id) as session:
                    await _failed(session, one, failed)
                return
        async with self._database.write(tenant_id) as session:
            await queries.settle(session, one.id, status="delivered", status_code=answer.status_code, error=None)
            await webhook_endpoints.note_success(session, one.endpoint_id)


async def _failed(session: WriteSession, one: ClaimedDelivery, failed: WebhookFailed) -> None:
    gone = failed.status_code == GONE
    pause = None if gone else retry_after(one.attempts, random.random())
    made_at = await queries.settle(
        session,
        one.id,
        status="failed" if pause is None else "pending",
        status_code=failed.status_code,
        error=f"{failed.code}: {failed.detail}"[:500],
        retry_after=pause,
    )
    if pause is not None or made_at is None:
        return
    # The receiver answered that it is gone (RFC 9110 section 15.5.11), or has accepted nothing for a day.
    since = None if gone else made_at
    reason = "gone" if gone else "failing"
    if await webhook_endpoints.disable(session, one.endpoint_id, reason, unless_success_since=since):
        why = "it answers that it is gone" if gone else "it has taken nothing for a day"
        message = f"The webhook endpoint {one.endpoint_id} was disabled: {why}."
        await notify(session, kind="webhook_endpoint_disabled", message=message)
