"""`/tenants`: one's own, and for the operator's keys new ones. Needs the scope `admin`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import Admin, AdminReading, AdminWriting, Wired
from api.documented import WITH_BODY, problems
from api.route import ApiRoute
from api.schemas.access.tenants import TenantCreate, TenantCreated, TenantResponse, TenantUpdate
from api.schemas.common import Listed, all_listed
from services.access import tenants

router = APIRouter(prefix="/tenants", tags=["Administration"], route_class=ApiRoute)


@router.post("", status_code=201, responses=WITH_BODY)
async def create_tenant(body: TenantCreate, admin: Admin, wired: Wired) -> TenantCreated:
    """For keys of the operator's tenant (the first one); others are refused with 403 `not_operator`. The answer alone
    holds the new tenant's first key: it takes no `Idempotency-Key`, since an answer that is kept would keep the key."""
    made = await tenants.create_tenant(
        wired.database, admin.tenant_id, body.values(), api_key_id=admin.key_id, user_id=admin.user_id
    )
    return TenantCreated.of(made)


@router.get("")
async def list_tenants(session: AdminReading) -> Listed[TenantResponse]:
    """The caller's own tenant: nobody sees another."""
    return all_listed([await tenants.get_tenant(session, session.tenant_id)], TenantResponse.model_validate)


@router.get("/{tenant_id}", responses=problems(404))
async def get_tenant(tenant_id: UUID, session: AdminReading) -> TenantResponse:
    return TenantResponse.model_validate(await tenants.get_tenant(session, tenant_id))


@router.patch("/{tenant_id}", responses=WITH_BODY | problems(404))
async def update_tenant(tenant_id: UUID, body: TenantUpdate, session: AdminWriting) -> TenantResponse:
    return TenantResponse.model_validate(await tenants.change_tenant(session, tenant_id, body.changes()))
