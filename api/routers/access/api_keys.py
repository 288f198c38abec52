"""`/api-keys`: who may act for the tenant. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, AdminReading, AdminWriting, Paging
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.access.api_keys import ApiKeyCreate, ApiKeyCreated, ApiKeyResponse
from api.schemas.common import Listed, listed
from services.access import api_keys as keys

router = APIRouter(prefix="/api-keys", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, responses=WITH_BODY)
async def create_api_key(body: ApiKeyCreate, session: AdminWriting) -> ApiKeyCreated:
    """Only this answer contains the key. `Idempotency-Key` is not accepted, because a stored answer would store the
    key."""
    return ApiKeyCreated.of(await keys.create_key(session, name=body.name, scopes=body.scopes))


@router.get("")
async def list_api_keys(session: AdminReading, page: Paging) -> Listed[ApiKeyResponse]:
    """Newest first, including revoked keys."""
    return listed(await keys.list_keys(session, page), ApiKeyResponse.model_validate)


@router.get("/{key_id}", responses=problems(404))
async def get_api_key(key_id: UUID, session: AdminReading) -> ApiKeyResponse:
    return ApiKeyResponse.model_validate(await keys.get_key(session, key_id))


@router.delete("/{key_id}", status_code=204, responses=problems(404, 409))
async def revoke_api_key(key_id: UUID, session: AdminWriting, admin: Admin) -> None:
    """Takes effect at once and cannot be undone. A key cannot revoke itself."""
    await keys.revoke_key(session, key_id, used=admin.key_id)
