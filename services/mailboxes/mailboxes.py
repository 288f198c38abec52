"""Mailboxes: the addresses that sequences send from, with their servers and limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from db.models import Mailbox
from db.queries.mailboxes import mailboxes as queries
from db.queries.rows import change_row, delete_row, find_row
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError, NotFound
from domain.mailboxes.servers import Ramp
from domain.mailboxes.windows import WorkingHours
from services.access.audit import audited
from services.mailboxes.breakers import release_mailbox
from services.mailboxes.servers import server_columns
from services.paging import Page, PageRequest, after_of, newest_first
from services.secret_box import SecretBox

MailboxStatus = Literal["active", "held"]


class MailboxExists(Conflict):
    code = "mailbox_exists"
    title = "A mailbox with this address exists"
    remedy = "Use the existing mailbox."
    retryable = False

    def __init__(self, email: str) -> None:
        detail = f"the tenant has a mailbox {email}"
        super().__init__(detail, errors=[FieldError("email", self.code, detail)])


class MailboxInUse(Conflict):
    """A lead keeps its mailbox, so that its replies reach the mailbox of the thread."""

    code = "mailbox_in_use"
    title = "Live enrollments use this mailbox"
    remedy = "Hold the mailbox, or wait until its enrollments have ended."


@dataclass(frozen=True, slots=True)
class MailboxKeeper:
    """Creates and changes mailboxes. Knows how to seal their passwords, and whether their servers may have private
    addresses."""

    secrets: SecretBox
    allow_private: bool = False

    async def create(self, session: WriteSession, values: Mapping[str, Any]) -> Mailbox:
        """`values` by the fields of the API; `email` in its normal form. Raises MailboxExists, Invalid,
        SecretKeysMissing."""
        mailbox = await queries.add_mailbox(session, self._columns(values, None))
        if mailbox is None:
            raise MailboxExists(values["email"])
        await audited(session, "mailbox.created", mailbox.id)
        return mailbox

    async def change(self, session: WriteSession, mailbox_id: UUID, changes: Mapping[str, Any]) -> Mailbox:
        """Raises NotFound, MailboxExists, Invalid, SecretKeysMissing."""
        before = await get_mailbox(session, mailbox_id)
        before_status = before.status
        if "email" in changes and await queries.mailbox_id_of(session, changes["email"]) not in (None, mailbox_id):
            raise MailboxExists(changes["email"])
        changed = _found(await change_row(session, Mailbox, mailbox_id, self._columns(changes, before)), mailbox_id)
        await audited(session, "mailbox.updated", mailbox_id, fields=changes)
        if (before_status, changed.status) == ("held", "active"):
            await release_mailbox(session, mailbox_id)
        return changed

    def _columns(self, values: Mapping[str, Any], before: Mailbox | None) -> dict[str, Any]:
        columns = {name: value for name, value in values.items() if name not in ("smtp", "imap", "ramp")}
        if "ramp" in values:
            columns |= _ramp_columns(values["ramp"])
        if "working_hours" in values:
            hours: WorkingHours | None = values["working_hours"]
            columns["working_hours"] = hours.model_dump(mode="json") if hours else None
        if values.get("status") not in (None, before.status if before else "active"):
            columns |= _hold_columns(values["status"])
        return columns | server_columns(values, before, self.secrets, allow_private=self.allow_private)


def _ramp_columns(ramp: Ramp | None) -> dict[str, Any]:
    if ramp is None:
        return {"ramp_start": None, "ramp_increase": None, "ramp_started_on": None}
    return {"ramp_start": ramp.start, "ramp_increase": ramp.increase, "ramp_started_on": ramp.started_on}


def _hold_columns(status: MailboxStatus) -> dict[str, Any]:
    """The columns for holding or releasing by hand. A hold by hand has no other reason; a release also clears the
    reasons of the breakers."""
    if status == "held":
        return {"hold_reason": None, "held_at": datetime.now(UTC)}
    in_a_row = {"smtp_auth_failures": 0, "imap_auth_failures": 0, "refusals": 0}
    return {"hold_reason": None, "held_at": None, "counted_from": datetime.now(UTC), **in_a_row}


async def list_mailboxes(session: ReadSession, page: PageRequest) -> Page[Mailbox]:
    """The newest first. Raises InvalidCursor."""
    return newest_first(await queries.list_mailboxes(session, after_of(page), page.limit), page.limit)


async def get_mailbox(session: ReadSession, mailbox_id: UUID) -> Mailbox:
    """Raises NotFound."""
    return _found(await find_row(session, Mailbox, mailbox_id), mailbox_id)


async def sent_today(session: ReadSession, mailbox_id: UUID) -> int:
    """How many emails have left on the mailbox's current day."""
    return await queries.sent_today(session, mailbox_id)


async def delete_mailbox(session: WriteSession, mailbox_id: UUID) -> None:
    """The record of what it has sent stays. Raises NotFound, MailboxInUse."""
    await get_mailbox(session, mailbox_id)
    live = await queries.live_enrollments_of(session, mailbox_id)
    if live:
        detail = f"{live} enrollments write from it; stop them, or hold the mailbox instead"
        raise MailboxInUse(detail, extra={"live_enrollments": live})
    await delete_row(session, Mailbox, mailbox_id)
    await audited(session, "mailbox.deleted", mailbox_id)


def _found(mailbox: Mailbox | None, mailbox_id: UUID) -> Mailbox:
    if mailbox is None:
        raise NotFound(f"there is no mailbox {mailbox_id}")
    return mailbox
