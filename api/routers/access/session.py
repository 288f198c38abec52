"""`/session`: who is signed in, what this installation offers, and signing out. Signing in is in sign_in.py."""

from fastapi import APIRouter, Response

from api.app_context import AppContext
from api.deps import Context, OwnWriting, Reader, Reading
from api.requests.auth import Principal
from api.requests.session_cookie import take_cookie
from api.route import ApiRoute
from api.schemas.access.session import SessionResponse, SessionUser
from db.session import ReadSession
from services.access import sessions, tenants, users
from services.access.api_keys import ALL_SCOPES

router = APIRouter(prefix="/session", tags=["Administration"], route_class=ApiRoute)


@router.get("")
async def get_session(reader: Reader, session: Reading, context: Context) -> SessionResponse:
    return await session_response(session, reader, context)


@router.delete("", status_code=204)
async def sign_out(reader: Reader, session: OwnWriting, context: Context, response: Response) -> None:
    """Ends the session and clears the cookie. For a request with an API key there is no session to end."""
    if reader.session_id is not None:
        await sessions.end_session(session, reader.session_id)
    take_cookie(response, context.config)


async def session_response(session: ReadSession, principal: Principal, context: AppContext) -> SessionResponse:
    tenant = await tenants.get_tenant(session, principal.tenant_id)
    user = await users.get_user(session, principal.user_id) if principal.user_id else None
    return SessionResponse(
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        scopes=[scope for scope in ALL_SCOPES if scope in principal.scopes],
        user=SessionUser.model_validate(user) if user else None,
        api_key_id=principal.key_id,
        dev=context.config.dev,
        temporal_ui_url=context.config.temporal_ui_url,
    )
