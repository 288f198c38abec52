"""Suppressions: addresses and whole domains that the tenant never writes to."""

from uuid import UUID

from db.calls.steering import stop_newly_suppressed
from db.models import Suppression
from db.queries.leads import suppressions as queries
from db.queries.rows import delete_row, find_row
from db.session import ReadSession, WriteSession
from domain.errors import AddressInvalid, Conflict, FieldError, Invalid, NotFound
from services.access.audit import audited
from services.leads.suppression_csv import SuppressionKind, normalised
from services.paging import Page, PageRequest, after_of, newest_first


class SuppressionExists(Conflict):
    code = "suppression_exists"
    title = "This is suppressed already"
    remedy = "Nothing: the address or domain is suppressed already."
    retryable = False


async def create_suppression(session: WriteSession, *, kind: SuppressionKind, value: str, reason: str) -> Suppression:
    """Adds a suppression and stops every live enrollment of the leads concerned, with the reason `suppressed`.

    Raises Invalid for a value that is neither an address nor a domain, and SuppressionExists.
    """
    normal = _normalised(kind, value)
    made = await queries.insert_suppression(session, kind=kind, value=normal, reason=reason)
    if made is None:
        there = await queries.suppression_id_of(session, kind, normal)
        raise SuppressionExists(extra={"suppression_id": str(there)} if there else None)
    await stop_newly_suppressed(session)
    await audited(session, "suppression.created", made.id)
    return made


async def get_suppression(session: ReadSession, suppression_id: UUID) -> Suppression:
    """Raises NotFound."""
    found = await find_row(session, Suppression, suppression_id)
    if found is None:
        raise NotFound(f"there is no suppression {suppression_id}")
    return found


async def list_suppressions(
    session: ReadSession, page: PageRequest, *, kind: SuppressionKind | None, search: str | None
) -> Page[Suppression]:
    """The newest first. Raises InvalidCursor."""
    rows = await queries.list_suppressions(session, kind=kind, search=search, after=after_of(page), limit=page.limit)
    return newest_first(rows, page.limit)


async def delete_suppression(session: WriteSession, suppression_id: UUID) -> None:
    """Removes a suppression. The address may be written to again if the lead's status allows it. Raises NotFound."""
    if not await delete_row(session, Suppression, suppression_id):
        raise NotFound(f"there is no suppression {suppression_id}")
    await audited(session, "suppression.deleted", suppression_id)


def _normalised(kind: SuppressionKind, value: str) -> str:
    try:
        return normalised(kind, value)
    except AddressInvalid as error:
        raise Invalid(error.detail, errors=[FieldError("value", f"invalid_{_WHAT[kind]}", error.detail)]) from None


_WHAT: dict[SuppressionKind, str] = {"address": "email", "domain": "domain"}
