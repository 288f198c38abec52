"""What a fresh installation begins with: a tenant, a key with every scope, and a mailbox to send from."""

from dataclasses import dataclass
from uuid import NAMESPACE_DNS, UUID, uuid5

from db.queries.access.tenants import ensure_operator
from db.queries.mailboxes.mailboxes import add_mailbox
from db.session import Database
from domain.access.tenant_policy import EXAMPLE_ADDRESS, REHEARSAL
from mail.addresses import normalise_address
from services.access.api_keys import ALL_SCOPES, adopt_key, create_key, find_key, well_formed

FIRST_TENANT_ID = uuid5(NAMESPACE_DNS, "first-tenant.cadenza.example")
"""A fixed ID, because row level security shows nobody a list of tenants in which to look it up."""

KEY_NAME = "First key"


@dataclass(frozen=True, slots=True)
class FirstTenant:
    tenant_id: UUID
    api_key: str


async def ensure_first_tenant(
    database: Database,
    *,
    known_key: str | None = None,
    tenant_name: str = "Default",
    postal_address: str = EXAMPLE_ADDRESS,
    mailbox_email: str = "sales@cadenza.example",
    mailbox_name: str = "Sam from Cadenza",
) -> FirstTenant:
    """Creates what is missing in one transaction, with the app's own role. Running it again changes nothing.

    `known_key` is the key of an earlier start. A working one is kept, with its tenant. One that this database never had
    becomes a key of the first tenant. Without one, or after it was revoked, a new key is created.
    """
    known = await find_key(database, known_key) if known_key else None
    tenant_id = known.tenant_id if known else FIRST_TENANT_ID
    async with database.write(tenant_id) as session:
        await ensure_operator(session, tenant_name, postal_address, REHEARSAL.model_dump(exclude_unset=True))
        await add_mailbox(session, {"email": normalise_address(mailbox_email), "name": mailbox_name})
        if known and known_key:
            return FirstTenant(tenant_id, known_key)
        made = None
        if known_key is not None and well_formed(known_key):
            made = await adopt_key(session, known_key, name=KEY_NAME, scopes=ALL_SCOPES)
        made = made or await create_key(session, name=KEY_NAME, scopes=ALL_SCOPES)
        return FirstTenant(tenant_id, made.key)
