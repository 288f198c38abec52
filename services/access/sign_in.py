"""Signing in: finds a browser's person by an API key, or by an email address and a password.

Several tenants may know one address, each with a password of its own. Otherwise an administrator of one tenant could
set the password that opens another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from db.queries.access import passwords as queries
from db.queries.access.passwords import KeptPassword
from db.queries.access.tenants import own_tenant
from db.session import Database
from domain.errors import Conflict, Unauthorized
from services.access import sessions
from services.access.api_keys import FoundKey
from services.access.audit import audited
from services.access.passwords import Passwords


class SignInFailed(Unauthorized):
    """The same answer for an unknown address, for a user without a password, and for a wrong password."""

    code = "sign_in_failed"
    title = "Nobody can sign in with these details"
    remedy = "Correct the address or the password, or ask an administrator for an invitation."

    def __init__(self, detail: str, tried: Sequence[KeptPassword] = ()) -> None:
        super().__init__(detail)
        self.tried = tried
        """Whose password was wrong, for the audit log."""


class TenantNeeded(Conflict):
    code = "tenant_needed"
    title = "The address and the password are right in several tenants"
    remedy = "Sign in again with the `tenant_id` of one of the `tenants` in the answer."
    retryable = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is the only copy."""

    tenant_id: UUID
    token: str
    counts: bool = False
    """Whether the password was also tried against other users with the same address, and was wrong there. That counts
    as an attempt. Otherwise a person who may set passwords in one tenant could test there the passwords of other
    tenants."""


async def by_key(database: Database, key: FoundKey) -> SignedIn:
    """A session with the rights of the key. It ends when the key is revoked."""
    async with database.write(key.tenant_id, api_key_id=key.key_id) as session:
        return SignedIn(key.tenant_id, await sessions.begin_for_key(session, key.key_id))


async def by_password(
    database: Database, passwords: Passwords, email: str, password: str, tenant_id: UUID | None
) -> SignedIn:
    """`email` in its normal form; `tenant_id` chooses among several tenants. Raises SignInFailed, TenantNeeded."""
    known = await queries.find_passwords(database, email)
    tried = [one for one in known if tenant_id in (None, one.tenant_id)]
    right = [one for one in tried if await passwords.matches(password, one.password_hash)]
    if not tried:
        await passwords.matches(password, None)
    if len(right) > 1:
        raise await _which(database, right)
    if right:
        [one] = right
        async with database.write(one.tenant_id, user_id=one.user_id) as session:
            token = await sessions.begin_for_user(session, one.user_id, one.password_hash)
            if token is not None:
                return SignedIn(one.tenant_id, token, counts=len(tried) > 1)
    raise SignInFailed("the email address or the password is wrong", tried)


async def _which(database: Database, right: Sequence[KeptPassword]) -> TenantNeeded:
    tenants: list[dict[str, str]] = []
    for one in right:
        async with database.read(one.tenant_id) as session:
            tenant = await own_tenant(session)
        tenants.append({"id": str(one.tenant_id), "name": tenant.name if tenant else ""})
    return TenantNeeded("say with `tenant_id` into which", extra={"tenants": tenants})


async def audit_refusal(database: Database, tried: Sequence[KeptPassword]) -> None:
    """Logs the failure in each tenant that has a user with this address. Nothing is stored for an unknown address."""
    for one in tried:
        async with database.write(one.tenant_id) as session:
            await audited(session, "session.refused", one.user_id)
