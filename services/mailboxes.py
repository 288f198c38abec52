"""Mailboxes: the addresses that sequences send from."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from db.models import Mailbox
from db.queries import mailboxes as queries
from db.queries.rows import change_row, delete_row, find_row
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError, NotFound
from services.paging import Page, PageRequest, after_of, newest_first

MailboxStatus = Literal["active", "held"]


class MailboxExists(Conflict):
    code = "mailbox_exists"
    title = "There is a mailbox with this address"

    def __init__(self, email: str) -> None:
        detail = f"the tenant has a mailbox {email}"
        super().__init__(detail, errors=[FieldError("email", self.code, detail)])


class MailboxInUse(Conflict):
    """A lead keeps its mailbox, so that its answers come back to where the thread is."""

    code = "mailbox_in_use"
    title = "Enrollments that have not ended write from this mailbox"


async def create_mailbox(session: WriteSession, *, email: str, name: str, status: MailboxStatus) -> Mailbox:
    """`email` in its normal form. Raises MailboxExists."""
    mailbox = await queries.add_mailbox(session, email=email, name=name, status=status)
    if mailbox is None:
        raise MailboxExists(email)
    return mailbox


async def list_mailboxes(session: ReadSession, page: PageRequest) -> Page[Mailbox]:
    """The newest first. Raises InvalidCursor."""
    return newest_first(await queries.list_mailboxes(session, after_of(page), page.limit), page.limit)


async def get_mailbox(session: ReadSession, mailbox_id: UUID) -> Mailbox:
    """Raises NotFound."""
    return _found(await find_row(session, Mailbox, mailbox_id), mailbox_id)


async def change_mailbox(session: WriteSession, mailbox_id: UUID, changes: Mapping[str, str]) -> Mailbox:
    """Raises NotFound, MailboxExists."""
    if "email" in changes and await queries.mailbox_id_of(session, changes["email"]) not in (None, mailbox_id):
        raise MailboxExists(changes["email"])
    return _found(await change_row(session, Mailbox, mailbox_id, changes), mailbox_id)


async def delete_mailbox(session: WriteSession, mailbox_id: UUID) -> None:
    """What it has sent stays on record. Raises NotFound, MailboxInUse."""
    await get_mailbox(session, mailbox_id)
    live = await queries.live_enrollments_of(session, mailbox_id)
    if live:
        detail = f"{live} enrollments write from it; stop them, or hold the mailbox instead"
        raise MailboxInUse(detail, extra={"live_enrollments": live})
    await delete_row(session, Mailbox, mailbox_id)


def _found(mailbox: Mailbox | None, mailbox_id: UUID) -> Mailbox:
    if mailbox is None:
        raise NotFound(f"there is no mailbox {mailbox_id}")
    return mailbox
