"""The audit log."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from db.models import AuditEntry
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession


async def add_entry(session: WriteSession, *, action: str, target_id: UUID | None, detail: Mapping[str, Any]) -> None:
    values = {"action": action, "target_id": target_id, "detail": dict(detail)}
    who = {"tenant_id": session.tenant_id, "api_key_id": session.api_key_id, "user_id": session.user_id}
    await session.execute(insert(AuditEntry).values(**who, **values))


async def list_entries(
    session: ReadSession, *, action: str | None, after: After | None, limit: int
) -> Sequence[AuditEntry]:
    statement = select(AuditEntry).where(AuditEntry.tenant_id == session.tenant_id)
    if action is not None:
        statement = statement.where(AuditEntry.action == action)
    return (await session.scalars(newest_page(statement, AuditEntry.created_at, AuditEntry.id, after, limit))).all()
