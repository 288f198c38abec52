"""Finds who makes a request: the API key or session, its tenant, and what it may do."""

from dataclasses import dataclass, field
from uuid import UUID

from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import Request

from api.app_context import app_context
from api.outages import reaching_postgres
from api.requests.rate_limit import ALLOWANCE, RateLimited
from api.requests.session_cookie import NAME, cookie_of, refuse_other_sites
from db.queries.access.sessions import FoundSession
from db.session import Database
from domain.errors import Forbidden, Unauthorized
from services.access import api_keys as keys
from services.access import sessions
from services.access.api_keys import ALL_SCOPES, FoundKey, Scope
from services.observability import log_context

# A wider scope includes the narrower ones.
_GRANTED_BY: dict[Scope, frozenset[str]] = {
    "read": frozenset({"read", "write", "admin"}),
    "write": frozenset({"write", "admin"}),
    "admin": frozenset({"admin"}),
}

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    bearerFormat="cdz_<prefix>_<secret>",
    description="An API key of one tenant. Scopes: `read`, `write` (includes read), `admin` (includes everything).",
)
cookie = APIKeyCookie(
    auto_error=False,
    name=NAME,
    scheme_name="Session",
    description="The cookie that `POST /session` gives to a browser; over https its name begins with `__Host-`. "
    "Requests that change something also need the header `X-Cadenza-CSRF: 1`.",
)
"""Both are only for the OpenAPI document. `authenticate` makes the check, before the body is read."""


@dataclass(frozen=True, slots=True)
class Principal:
    tenant_id: UUID
    scopes: frozenset[str]
    key_id: UUID | None
    """The API key of the request or of its session; None if a user is signed in."""
    user_id: UUID | None
    """The user who is signed in, if any."""
    session_id: UUID | None
    secret: str = field(repr=False)
    """The header with the API key, or the session's token."""


async def authenticate(request: Request) -> Principal:
    """If a request has both, the API key wins over the cookie. Raises Unauthorized, CsrfRefused, and Unavailable if
    Postgres does not answer."""
    context = app_context(request)
    authorization = request.headers.get("Authorization")
    token = cookie_of(request, context.config)
    if authorization is not None:
        found = await _of_key(context.database, authorization)
    elif token is not None:
        refuse_other_sites(request, context.config)
        found = await of_session(context.database, token)
    else:
        raise Unauthorized("sign in, or send the header `Authorization: Bearer <API key>`")
    log_context.add(tenant_id=found.tenant_id)
    return found


async def _of_key(database: Database, authorization: str) -> Principal:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("send the header `Authorization: Bearer <API key>`")
    found = await find_key(database, key.strip())
    return Principal(found.tenant_id, frozenset(found.scopes), found.key_id, None, None, authorization)


async def find_key(database: Database, key: str) -> FoundKey:
    """Returns the API key's record and notes its use. Raises Unauthorized."""
    with reaching_postgres():
        found = await keys.find_key(database, key)
        if found is None:
            raise Unauthorized("the API key is unknown or revoked")
        await keys.note_use(database, found)
    return found


async def of_session(database: Database, token: str) -> Principal:
    """Returns who a session token belongs to and notes its use. Raises Unauthorized."""
    with reaching_postgres():
        found = await sessions.find_session(database, token)
        if found is None:
            raise Unauthorized("the session is over: sign in again")
        await sessions.note_use(database, found)
    return Principal(found.tenant_id, _scopes_of(found), found.api_key_id, found.user_id, found.session_id, token)


def _scopes_of(found: FoundSession) -> frozenset[str]:
    if found.scopes is not None:
        return frozenset(found.scopes)
    return frozenset(scope for scope in ALL_SCOPES if found.role in _GRANTED_BY[scope])


def count_request(request: Request, key_or_user: UUID | None) -> None:
    """Counts a request of this API key or user. Raises RateLimited if it exceeds the limit."""
    rates = app_context(request).rates
    if rates is None:
        return
    allowance = rates.take(key_or_user)
    setattr(request.state, ALLOWANCE, allowance)
    if allowance.retry_after:
        raise RateLimited(allowance.retry_after)


def principal_of(request: Request, scope: Scope) -> Principal:
    """Returns who makes the request if they have the scope. Raises Forbidden."""
    principal: Principal = request.state.principal
    if principal.scopes.isdisjoint(_GRANTED_BY[scope]):
        raise Forbidden(f"this needs the scope `{scope}`")
    return principal
