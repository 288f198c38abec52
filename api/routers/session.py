"""`/session`: who is asking, and what is to be had here. What the web app needs to know first."""

from fastapi import APIRouter

from api.deps import Reader, Reading, Wired
from api.route import ApiRoute
from api.schemas.session import SessionResponse
from services import tenants
from services.keys import ALL_SCOPES

router = APIRouter(prefix="/session", tags=["Administration"], route_class=ApiRoute)


@router.get("")
async def get_session(reader: Reader, session: Reading, wired: Wired) -> SessionResponse:
    tenant = await tenants.get_tenant(session, reader.tenant_id)
    return SessionResponse(
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        scopes=[scope for scope in ALL_SCOPES if scope in reader.scopes],
        dev=wired.config.dev,
        temporal_ui_url=wired.config.temporal_ui_url,
    )
