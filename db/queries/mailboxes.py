"""Mailboxes: the addresses that sequences send from."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.models import Mailbox
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession


async def add_mailbox(session: WriteSession, *, email: str, name: str, status: str) -> Mailbox | None:
    """None when the tenant has one of this address."""
    statement = (
        insert(Mailbox)
        .values(tenant_id=session.tenant_id, email=email, name=name, status=status)
        .on_conflict_do_nothing(constraint="mailboxes_email_key")
        .returning(Mailbox)
    )
    return (await session.scalars(statement)).one_or_none()


async def list_mailboxes(session: ReadSession, after: After | None, limit: int) -> Sequence[Mailbox]:
    statement = select(Mailbox).where(Mailbox.tenant_id == session.tenant_id)
    page = newest_page(statement, Mailbox.created_at, Mailbox.id, after, limit)
    return (await session.scalars(page)).all()
