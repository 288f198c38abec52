"""Which messages are a tenant's own."""

from collections.abc import Sequence

from sqlalchemy import select

from db.models import Message
from db.session import ReadSession


async def own_message_ids(session: ReadSession, rfc_message_ids: Sequence[str]) -> set[str]:
    """Those of the Message-IDs that the tenant has sent, or was about to."""
    statement = select(Message.rfc_message_id).where(
        Message.tenant_id == session.tenant_id, Message.rfc_message_id.in_(rfc_message_ids)
    )
    return set((await session.scalars(statement)).all())
