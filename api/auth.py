"""Who is asking: the API key of a request, the tenant it belongs to, what it may do."""

from dataclasses import dataclass
from uuid import UUID

from fastapi.security import HTTPBearer
from starlette.requests import Request

from api.rate_limit import ALLOWANCE, RateLimited
from api.unavailable import reaching_postgres
from api.wiring import wiring
from domain.errors import Forbidden, Unauthorized
from services.keys import Scope, find_key, note_use

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
"""For the OpenAPI document; the check itself is `authenticate`, which runs before the body is read."""


@dataclass(frozen=True, slots=True)
class Principal:
    tenant_id: UUID
    key_id: UUID
    scopes: frozenset[str]


async def authenticate(request: Request) -> Principal:
    """The key's tenant and scopes. Raises Unauthorized, and Unavailable when Postgres cannot say."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("send the header `Authorization: Bearer <API key>`")
    database = wiring(request).database
    with reaching_postgres():
        found = await find_key(database, key.strip())
        if found is None:
            raise Unauthorized("the API key is unknown or revoked")
        await note_use(database, found)
    return Principal(found.tenant_id, found.key_id, frozenset(found.scopes))


def count_request(request: Request, principal: Principal) -> None:
    """Raises RateLimited for a key that asks too often."""
    rates = wiring(request).rates
    if rates is None:
        return
    allowance = rates.take(principal.key_id)
    setattr(request.state, ALLOWANCE, allowance)
    if allowance.retry_after:
        raise RateLimited(allowance.retry_after)


def principal_of(request: Request, scope: Scope) -> Principal:
    """Who makes the request, if its key has the scope. Raises Forbidden."""
    principal: Principal = request.state.principal
    if principal.scopes.isdisjoint(_GRANTED_BY[scope]):
        raise Forbidden(f"this needs a key with the scope `{scope}`")
    return principal
