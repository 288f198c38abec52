"""`/webhook-endpoints`: URLs that receive events. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, AdminReading, AdminSteering, AdminWriting, Context, Paging
from api.error_responses import WITH_BODY, problems
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
    body: WebhookEndpointCreate, session: AdminWriting, context: Context
) -> WebhookEndpointCreated:
    """Only this answer contains the secret. `Idempotency-Key` is not accepted, because a stored answer would store the
    secret."""
    created = await webhook_endpoints.create_endpoint(
        session, body.model_dump(), allow_private=context.config.webhook_allow_private
    )
    return WebhookEndpointCreated.model_validate(created)


@router.get("")
async def list_webhook_endpoints(session: AdminReading, page: Paging) -> Listed[WebhookEndpointResponse]:
    """Newest first."""
    return listed(await webhook_endpoints.list_endpoints(session, page), WebhookEndpointResponse.model_validate)


@router.get("/{endpoint_id}", responses=problems(404))
async def get_webhook_endpoint(endpoint_id: UUID, session: AdminReading) -> WebhookEndpointResponse:
    return WebhookEndpointResponse.model_validate(await webhook_endpoints.get_endpoint(session, endpoint_id))


@router.patch("/{endpoint_id}", responses=WITH_BODY | problems(404))
async def update_webhook_endpoint(
    endpoint_id: UUID, body: WebhookEndpointUpdate, session: AdminSteering, context: Context
) -> WebhookEndpointResponse:
    changed = await webhook_endpoints.change_endpoint(
        session, endpoint_id, body.changes(), allow_private=context.config.webhook_allow_private
    )
    return WebhookEndpointResponse.model_validate(changed)


@router.delete("/{endpoint_id}", status_code=204, responses=problems(404))
async def delete_webhook_endpoint(endpoint_id: UUID, session: AdminWriting) -> None:
    """Deletes the endpoint with its deliveries, including pending ones."""
    await webhook_endpoints.delete_endpoint(session, endpoint_id)


@router.post("/{endpoint_id}/rotate-secret", responses=problems(404))
async def rotate_webhook_secret(endpoint_id: UUID, session: AdminWriting) -> WebhookEndpointCreated:
    """The old secret stops signing at once. Only this answer contains the new one."""
    return WebhookEndpointCreated.model_validate(await webhook_endpoints.rotate_secret(session, endpoint_id))


@router.post("/{endpoint_id}/test", responses=problems(404))
async def test_webhook_endpoint(endpoint_id: UUID, admin: Admin, context: Context) -> WebhookTestResponse:
    """Sends one `webhook.test` event now and returns how the endpoint answered."""
    async with context.database.read(admin.tenant_id) as session:
        endpoint = await webhook_endpoints.get_endpoint(session, endpoint_id)
    # Outside of the transaction: the receiver may be slow.
    return WebhookTestResponse.model_validate(await webhook_endpoints.send_test(endpoint, context.webhooks))


@router.get("/{endpoint_id}/deliveries", responses=problems(404))
async def list_webhook_deliveries(
    endpoint_id: UUID, session: AdminReading, page: Paging
) -> Listed[WebhookDeliveryResponse]:
    """Newest first, each with the result of its last attempt."""
    found = await webhook_endpoints.list_deliveries(session, endpoint_id, page)
    return listed(found, WebhookDeliveryResponse.model_validate)
