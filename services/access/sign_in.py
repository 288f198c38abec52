"""Signing in: who a browser's person is, by an API key, or by an email address and a password.

An address may be known to several tenants, each with a password of its own: an administrator of one could else set
the password that opens another.
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
    """Says the same of an address that nobody has, of one without a password, and of a wrong password."""

    code = "sign_in_failed"
    title = "Nobody can sign in with this"

    def __init__(self, detail: str, tried: Sequence[KeptPassword] = ()) -> None:
        super().__init__(detail)
        self.tried = tried
        """Whose password it was not; for the audit log."""


class TenantNeeded(Conflict):
    code = "tenant_needed"
    title = "The address and the password are right in several tenants"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is the only copy."""

    tenant_id: UUID
    token: str
    counts: bool = False
    """Whether the password was, of others with the address, tried and wrong: it was an attempt all the same. Who may
    set a password in one tenant could else try, by making it theirs first, every password of another."""


async def by_key(database: Database, key: FoundKey) -> SignedIn:
    """A session that may do what the key may, for as long as the key holds."""
    async with database.write(key.tenant_id, api_key_id=key.key_id) as session:
        return SignedIn(key.tenant_id, await sessions.begin_for_key(session, key.key_id))


async def by_password(
    database: Database, passwords: Passwords, email: str, password: str, tenant_id: UUID | None
) -> SignedIn:
    """`email` in its normal form; `tenant_id` where it says which of several. Raises SignInFailed, TenantNeeded."""
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
    """In each tenant whose user it may have been. Of an address that nobody has nothing is kept."""
    for one in tried:
        async with database.write(one.tenant_id) as session:
            await audited(session, "session.refused", one.user_id)
