"""Tenants. A database session sees and writes only the row of its own tenant."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from db.models import Tenant
from db.session import ReadSession, WriteSession

_ENSURE = text("""
    INSERT INTO tenants AS t (id, name, operator, postal_address, settings)
    VALUES (:tenant_id, :name, true, :postal_address, :settings)
    ON CONFLICT (id) DO UPDATE
       SET operator = true, postal_address = coalesce(nullif(t.postal_address, ''), :postal_address)
     WHERE NOT t.operator OR t.postal_address = ''
""").bindparams(bindparam("settings", type_=JSONB))


async def ensure_operator(session: WriteSession, name: str, postal_address: str, settings: Mapping[str, Any]) -> None:
    """Creates the session's tenant if it does not exist, and marks it as the operator's. An existing tenant keeps its
    name and settings, and its postal address if it has one."""
    values = {
        "tenant_id": session.tenant_id,
        "name": name,
        "postal_address": postal_address,
        "settings": dict(settings),
    }
    await session.execute(_ENSURE, values)


async def insert_tenant(session: WriteSession, values: Mapping[str, Any]) -> Tenant:
    """Creates the session's tenant, which must not exist yet."""
    session.add(tenant := Tenant(id=session.tenant_id, **values))
    await session.flush()
    await session.refresh(tenant)
    return tenant


async def own_tenant(session: ReadSession) -> Tenant | None:
    statement = select(Tenant).where(Tenant.id == session.tenant_id)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def update_tenant(session: WriteSession, values: Mapping[str, Any]) -> None:
    await session.execute(
        update(Tenant)
        .where(Tenant.id == session.tenant_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
