"""`/session`: who is asking, what is to be had here, and signing out. Signing in is in sign_in.py."""

from fastapi import APIRouter, Response

from api.deps import OwnWriting, Reader, Reading, Wired
from api.requests.auth import Principal
from api.requests.session_cookie import take_cookie
from api.route import ApiRoute
from api.schemas.access.session import SessionResponse, SessionUser
from api.wiring import Wiring
from db.session import ReadSession
from services.access import sessions, tenants, users
from services.access.api_keys import ALL_SCOPES

router = APIRouter(prefix="/session", tags=["Administration"], route_class=ApiRoute)


@router.get("")
async def get_session(reader: Reader, session: Reading, wired: Wired) -> SessionResponse:
    return await described(session, reader, wired)


@router.delete("", status_code=204)
async def sign_out(reader: Reader, session: OwnWriting, wired: Wired, response: Response) -> None:
    """Ends the session and takes the cookie back. A request with an API key has none to end."""
    if reader.session_id is not None:
        await sessions.end_session(session, reader.session_id)
    take_cookie(response, wired.config)


async def described(session: ReadSession, who: Principal, wired: Wiring) -> SessionResponse:
    tenant = await tenants.get_tenant(session, who.tenant_id)
    user = await users.get_user(session, who.user_id) if who.user_id else None
    return SessionResponse(
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        scopes=[scope for scope in ALL_SCOPES if scope in who.scopes],
        user=SessionUser.model_validate(user) if user else None,
        api_key_id=who.key_id,
        dev=wired.config.dev,
        temporal_ui_url=wired.config.temporal_ui_url,
    )
