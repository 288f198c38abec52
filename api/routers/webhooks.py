"""`/webhook-endpoints`: who is told of what happens. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, AdminReading, AdminSteering, AdminWriting, Paging, Wired
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.common import Listed, listed
from api.schemas.webhooks import (
    WebhookDeliveryResponse,
    WebhookEndpointCreate,
    WebhookEndpointCreated,
    WebhookEndpointResponse,
    WebhookEndpointUpdate,
    WebhookTestResponse,
)
from services.webhooks import endpoints as webhook_endpoints

router = APIRouter(prefix="/webhook-endpoints", tags=["Webhooks"], route_class=ApiRoute)


@router.post("", status_code=201, responses=WITH_BODY)
async def create_webhook_endpoint(
    body: WebhookEndpointCreate, session: AdminWriting, wired: Wired
) -> WebhookEndpointCreated:
    """The answer alone holds the secret. It takes no `Idempotency-Key`: an answer that is kept would keep the
    secret."""
    made = await webhook_endpoints.create_endpoint(
        session, body.model_dump(), allow_private=wired.config.webhook_allow_private
    )
    return WebhookEndpointCreated.model_validate(made)


@router.get("")
async def list_webhook_endpoints(session: AdminReading, page: Paging) -> Listed[WebhookEndpointResponse]:
    """The newest first."""
    return listed(await webhook_endpoints.list_endpoints(session, page), WebhookEndpointResponse.model_validate)


@router.get("/{endpoint_id}", responses=problems(404))
async def get_webhook_endpoint(endpoint_id: UUID, session: AdminReading) -> WebhookEndpointResponse:
    return WebhookEndpointResponse.model_validate(await webhook_endpoints.get_endpoint(session, endpoint_id))


@router.patch("/{endpoint_id}", responses=WITH_BODY | problems(404))
async def update_webhook_endpoint(
    endpoint_id: UUID, body: WebhookEndpointUpdate, session: AdminSteering, wired: Wired
) -> WebhookEndpointResponse:
    changed = await webhook_endpoints.change_endpoint(
        session, endpoint_id, body.changes(), allow_private=wired.config.webhook_allow_private
    )
    return WebhookEndpointResponse.model_validate(changed)


@router.delete("/{endpoint_id}", status_code=204, responses=problems(404))
async def delete_webhook_endpoint(endpoint_id: UUID, session: AdminWriting) -> None:
    """With its deliveries, those that are still to be made too."""
    await webhook_endpoints.delete_endpoint(session, endpoint_id)


@router.post("/{endpoint_id}/rotate-secret", responses=problems(404))
async def rotate_webhook_secret(endpoint_id: UUID, session: AdminWriting) -> WebhookEndpointCreated:
    """The old secret signs nothing from now on; the answer alone holds the new one."""
    return WebhookEndpointCreated.model_validate(await webhook_endpoints.rotate_secret(session, endpoint_id))


@router.post("/{endpoint_id}/test", responses=problems(404))
async def test_webhook_endpoint(endpoint_id: UUID, admin: Admin, wired: Wired) -> WebhookTestResponse:
    """Sends a `webhook.test` event now, once, and says how it was taken."""
    async with wired.database.read(admin.tenant_id) as session:
        endpoint = await webhook_endpoints.get_endpoint(session, endpoint_id)
    # Outside of the transaction: the receiver may take its time.
    return WebhookTestResponse.model_validate(await webhook_endpoints.send_test(endpoint, wired.webhooks))


@router.get("/{endpoint_id}/deliveries", responses=problems(404))
async def list_webhook_deliveries(
    endpoint_id: UUID, session: AdminReading, page: Paging
) -> Listed[WebhookDeliveryResponse]:
    """The newest first, with how each attempt ended last."""
    found = await webhook_endpoints.list_deliveries(session, endpoint_id, page)
    return listed(found, WebhookDeliveryResponse.model_validate)
