"""Sender domains: the results of their DNS checks, and their DKIM keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from db.models import Mailbox, SenderDomain
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession


async def list_domains(session: ReadSession, after: After | None, limit: int) -> Sequence[SenderDomain]:
    statement = select(SenderDomain).where(SenderDomain.tenant_id == session.tenant_id)
    page = newest_page(statement, SenderDomain.created_at, SenderDomain.id, after, limit)
    return (await session.scalars(page)).all()


async def find_domain(session: ReadSession, domain: str) -> SenderDomain | None:
    statement = select(SenderDomain).where(SenderDomain.tenant_id == session.tenant_id, SenderDomain.domain == domain)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def change_domain(session: WriteSession, domain: str, values: Mapping[str, Any]) -> None:
    await session.execute(
        update(SenderDomain)
        .where(SenderDomain.tenant_id == session.tenant_id, SenderDomain.domain == domain)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def server_of(session: ReadSession, domain: str) -> str | None:
    """Returns the SMTP host of the domain's oldest mailbox with a server of its own."""
    statement = (
        select(Mailbox.smtp["host"].astext)
        .where(
            Mailbox.tenant_id == session.tenant_id,
            Mailbox.email.endswith(f"@{domain}", autoescape=True),
            Mailbox.smtp.is_not(None),
        )
        .order_by(Mailbox.created_at, Mailbox.id)
        .limit(1)
    )
    return await session.scalar(statement)
