"""What a preview asks besides the sequence: the sender, and whether the lead may be written to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text

from db.models import Mailbox
from db.session import ReadSession

_SUPPRESSED = text("SELECT is_suppressed(:tenant_id, :email)")


async def is_suppressed(session: ReadSession, email: str) -> bool:
    return bool(await session.scalar(_SUPPRESSED, {"tenant_id": session.tenant_id, "email": email}))


async def mailboxes(session: ReadSession, named: Sequence[UUID]) -> Sequence[Mailbox]:
    """Those with these IDs, and before them the one that a new enrollment takes: the oldest active one."""
    mine = select(Mailbox).where(Mailbox.tenant_id == session.tenant_id)
    oldest = mine.where(Mailbox.status == "active").order_by(Mailbox.created_at, Mailbox.id).limit(1)
    first = (await session.scalars(oldest)).one_or_none()
    others = (await session.scalars(mine.where(Mailbox.id.in_(named)))).all()
    return [*([first] if first else []), *others]
