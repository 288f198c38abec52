"""`/tenants`: the caller's own tenant and, for keys of the operator, new tenants. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, AdminReading, AdminWriting, Context
from api.error_responses import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.access.tenants import TenantCreate, TenantCreated, TenantResponse, TenantUpdate
from api.schemas.common import Listed, all_listed
from services.access import tenants

router = APIRouter(prefix="/tenants", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, responses=WITH_BODY)
async def create_tenant(body: TenantCreate, admin: Admin, context: Context) -> TenantCreated:
    """For keys of the operator's tenant (the first one); others get 403 `not_operator`. Only this answer contains the
    new tenant's first key. `Idempotency-Key` is not accepted, because a stored answer would store the key."""
    created = await tenants.create_tenant(
        context.database, admin.tenant_id, body.values(), api_key_id=admin.key_id, user_id=admin.user_id
    )
    return TenantCreated.of(created)


@router.get("")
async def list_tenants(session: AdminReading) -> Listed[TenantResponse]:
    """The list has one item, the caller's own tenant. Nobody sees another tenant."""
    return all_listed([await tenants.get_tenant(session, session.tenant_id)], TenantResponse.model_validate)


@router.get("/{tenant_id}", responses=problems(404))
async def get_tenant(tenant_id: UUID, session: AdminReading) -> TenantResponse:
    return TenantResponse.model_validate(await tenants.get_tenant(session, tenant_id))


@router.patch("/{tenant_id}", responses=WITH_BODY | problems(404))
async def update_tenant(tenant_id: UUID, body: TenantUpdate, session: AdminWriting) -> TenantResponse:
    return TenantResponse.model_validate(await tenants.change_tenant(session, tenant_id, body.changes()))
