"""Who is asking: the API key or the session of a request, the tenant it belongs to, what it may do."""

from dataclasses import dataclass, field
from uuid import UUID

from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import Request

from api.requests.rate_limit import ALLOWANCE, RateLimited
from api.requests.session_cookie import NAME, cookie_of, refuse_other_sites
from api.unavailable import reaching_postgres
from api.wiring import wiring
from db.queries.access.sessions import FoundSession
from db.session import Database
from domain.errors import Forbidden, Unauthorized
from services.access import api_keys as keys
from services.access import sessions
from services.access.api_keys import ALL_SCOPES, FoundKey, Scope
from services.observability import log_context

# A wider scope holds the narrower ones.
_GRANTED_BY: dict[Scope, frozenset[str]] = {
    "read": frozenset({"read", "write", "admin"}),
    "write": frozenset({"write", "admin"}),
    "admin": frozenset({"admin"}),
}

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="ApiKey",
    bearerFormat="cdz_<prefix>_<secret>",
    description="An API key of one tenant. Scopes: `read`, `write` (may read too), `admin` (may do everything).",
)
cookie = APIKeyCookie(
    auto_error=False,
    name=NAME,
    scheme_name="Session",
    description="What `POST /session` gives a browser; over https its name begins with `__Host-`. Whatever changes "
    "something needs the header `X-Cadenza-CSRF: 1`, too.",
)
"""Both are for the OpenAPI document; the check itself is `authenticate`, which runs before the body is read."""


@dataclass(frozen=True, slots=True)
class Principal:
    tenant_id: UUID
    scopes: frozenset[str]
    key_id: UUID | None
    """The key of the request, or of its session; None where a person is signed in."""
    user_id: UUID | None
    """The person who is signed in."""
    session_id: UUID | None
    secret: str = field(repr=False)
    """What it was known by: the header with the key, or the session's token."""


async def authenticate(request: Request) -> Principal:
    """A key counts more than a cookie. Raises Unauthorized, CsrfRefused, and Unavailable when Postgres cannot say."""
    wired = wiring(request)
    authorization = request.headers.get("Authorization")
    token = cookie_of(request, wired.config)
    if authorization is not None:
        found = await _of_key(wired.database, authorization)
    elif token is not None:
        refuse_other_sites(request, wired.config)
        found = await of_session(wired.database, token)
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
    """Whose key it is, and notes its use. Raises Unauthorized."""
    with reaching_postgres():
        found = await keys.find_key(database, key)
        if found is None:
            raise Unauthorized("the API key is unknown or revoked")
        await keys.note_use(database, found)
    return found


async def of_session(database: Database, token: str) -> Principal:
    """Raises Unauthorized."""
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


def count_request(request: Request, who: UUID | None) -> None:
    """Counts a request of this key, or person. Raises RateLimited for one that asks too often."""
    rates = wiring(request).rates
    if rates is None:
        return
    allowance = rates.take(who)
    setattr(request.state, ALLOWANCE, allowance)
    if allowance.retry_after:
        raise RateLimited(allowance.retry_after)


def principal_of(request: Request, scope: Scope) -> Principal:
    """Who makes the request, if they have the scope. Raises Forbidden."""
    principal: Principal = request.state.principal
    if principal.scopes.isdisjoint(_GRANTED_BY[scope]):
        raise Forbidden(f"this needs the scope `{scope}`")
    return principal
