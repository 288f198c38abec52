"""Replaces the keys that secrets are sealed with."""

from dataclasses import dataclass
from uuid import UUID

from db.calls.access import TenantsWithSecrets, tenants
from db.queries import secrets as queries
from db.session import Database
from services.secret_box import SecretBox, SecretUnreadable


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many secrets are now sealed with the newest key, and how many no key opens (left unchanged)."""

    resealed: int = 0
    unreadable: int = 0

    def __add__(self, other: "Resealed") -> "Resealed":
        return Resealed(self.resealed + other.resealed, self.unreadable + other.unreadable)


async def reseal_all(database: Database, secrets: SecretBox) -> Resealed:
    """Seals every secret of every tenant again, in one transaction for each tenant. May be run again at any time.

    Every process that still seals with an older key must have stopped. Raises SecretKeysMissing.
    """
    total = Resealed()
    for tenant_id in await tenants(database, TenantsWithSecrets()):
        total += await _reseal_tenant(database, tenant_id, secrets)
    return total


async def _reseal_tenant(database: Database, tenant_id: UUID, secrets: SecretBox) -> Resealed:
    done = Resealed()
    async with database.write(tenant_id) as session:
        for column in queries.SEALED:
            for row_id, sealed in await queries.sealed_values(session, column):
                try:
                    anew = secrets.reseal(sealed)
                except SecretUnreadable:
                    done += Resealed(unreadable=1)
                    continue
                await queries.replace_sealed(session, column, row_id, anew)
                done += Resealed(resealed=1)
    return done
