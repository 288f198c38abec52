"""Tenants, as themselves: a session sees and writes the row of its own tenant only."""

from sqlalchemy import text

from db.session import WriteSession

_ENSURE = text("INSERT INTO tenants (id, name) VALUES (:tenant_id, :name) ON CONFLICT (id) DO NOTHING")


async def ensure_tenant(session: WriteSession, name: str) -> None:
    """The session's tenant is there; one that was there keeps its name."""
    await session.execute(_ENSURE, {"tenant_id": session.tenant_id, "name": name})
