"""Tenants: each sees only itself. The operator's tenant may create others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from db.models import Tenant
from db.queries.access import tenants as queries
from db.session import Database, ReadSession, WriteSession
from domain.errors import DomainError, NotFound
from services.access.api_keys import create_key
from services.access.audit import audited

FIRST_KEY_NAME = "First key"


class NotOperator(DomainError):
    code = "not_operator"
    status = 403
    title = "Only the operator's tenant may make tenants"
    remedy = "Use a key of the tenant that runs this installation."
    retryable = False


@dataclass(frozen=True, slots=True)
class NewTenant:
    """`api_key` is the only copy."""

    row: Tenant
    api_key: str


async def create_tenant(
    database: Database,
    asking: UUID,
    values: Mapping[str, Any],
    *,
    api_key_id: UUID | None = None,
    user_id: UUID | None = None,
) -> NewTenant:
    """Creates a tenant with a first key that has every scope. `asking` is the tenant of the request's key or person.
    Raises NotOperator.

    Two transactions, since each belongs to one tenant. They run one after the other: if they were nested, many requests
    at once would hold every connection and wait for each other. The operator's transaction is first, so that no tenant
    exists without an entry in the audit log.
    """
    tenant_id = uuid4()
    async with database.write(asking, api_key_id=api_key_id, user_id=user_id) as session:
        own = await queries.own_tenant(session)
        if own is None or not own.operator:
            raise NotOperator("use a key of the tenant that this installation began with")
        await audited(session, "tenant.created", tenant_id)
    async with database.write(tenant_id) as session:
        row = await queries.insert_tenant(session, values)
        await audited(session, "tenant.created", row.id)
        made = await create_key(session, name=FIRST_KEY_NAME, scopes=["admin"])
        return NewTenant(row, made.key)


async def get_tenant(session: ReadSession, tenant_id: UUID) -> Tenant:
    """The session's own tenant. Raises NotFound for any other."""
    own = await queries.own_tenant(session) if tenant_id == session.tenant_id else None
    if own is None:
        raise NotFound(f"there is no tenant {tenant_id}")
    return own


async def change_tenant(session: WriteSession, tenant_id: UUID, changes: Mapping[str, Any]) -> Tenant:
    """Raises NotFound."""
    await get_tenant(session, tenant_id)
    if changes:
        await queries.update_tenant(session, changes)
        await audited(session, "tenant.updated", tenant_id, fields=changes)
    return await get_tenant(session, tenant_id)
