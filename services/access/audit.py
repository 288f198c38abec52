"""The audit log: which key or person changed which administrative setting, and when. The entry is written in the
transaction of the change."""

from collections.abc import Iterable
from typing import Literal
from uuid import UUID

from db.models import AuditEntry
from db.queries.access import audit as queries
from db.session import ReadSession, WriteSession
from services.paging import Page, PageRequest, after_of, newest_first

AuditAction = Literal[
    "api_key.created",
    "api_key.revoked",
    "lead.erased",
    "mailbox.created",
    "mailbox.deleted",
    "mailbox.updated",
    "sender_domain.updated",
    "sequence.activated",
    "sequence.archived",
    "sequence.paused",
    "sequence.resumed",
    "session.created",
    "session.ended",
    "session.refused",
    "suppression.created",
    "suppression.deleted",
    "suppressions.imported",
    "tenant.created",
    "tenant.updated",
    "user.created",
    "user.deleted",
    "user.invited",
    "user.password_set",
    "user.updated",
    "webhook_endpoint.created",
    "webhook_endpoint.deleted",
    "webhook_endpoint.secret_rotated",
    "webhook_endpoint.updated",
]


async def audited(
    session: WriteSession,
    action: AuditAction,
    target_id: UUID | None = None,
    *,
    fields: Iterable[str] | None = None,
    **detail: int | list[str],
) -> None:
    """`fields`: the names of the given fields without their values, which may be secrets or personal data."""
    named = {} if fields is None else {"fields": sorted(fields)}
    await queries.add_entry(session, action=action, target_id=target_id, detail=named | detail)


async def list_entries(session: ReadSession, page: PageRequest, *, action: AuditAction | None) -> Page[AuditEntry]:
    """The newest first. Raises InvalidCursor."""
    rows = await queries.list_entries(session, action=action, after=after_of(page), limit=page.limit)
    return newest_first(rows, page.limit)
