"""Mailboxes: the addresses that sequences send from."""

from typing import Literal

from db.models import Mailbox
from db.queries import mailboxes as queries
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError
from services.paging import Page, PageRequest, after_of, newest_first

MailboxStatus = Literal["active", "held"]


class MailboxExists(Conflict):
    code = "mailbox_exists"
    title = "There is a mailbox with this address"

    def __init__(self, email: str) -> None:
        detail = f"the tenant has a mailbox {email}"
        super().__init__(detail, errors=[FieldError("email", self.code, detail)])


async def create_mailbox(session: WriteSession, *, email: str, name: str, status: MailboxStatus) -> Mailbox:
    """`email` in its normal form. Raises MailboxExists."""
    mailbox = await queries.add_mailbox(session, email=email, name=name, status=status)
    if mailbox is None:
        raise MailboxExists(email)
    return mailbox


async def list_mailboxes(session: ReadSession, page: PageRequest) -> Page[Mailbox]:
    """The newest first. Raises InvalidCursor."""
    return newest_first(await queries.list_mailboxes(session, after_of(page), page.limit), page.limit)
