"""Leads: the people that sequences write to."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from db.models import Lead
from db.queries.leads import leads as queries
from db.queries.leads.leads import LeadFilter
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError, Invalid
from services.not_found import no_lead
from services.paging import Page, PageRequest, after_of, newest_first


class LeadExists(Conflict):
    code = "lead_exists"
    title = "A lead with this address exists"
    remedy = "Change the existing lead (`lead_id`) with PATCH."
    retryable = False

    def __init__(self, email: str, lead_id: UUID | None) -> None:
        detail = f"the tenant has a lead {email}"
        extra = {"lead_id": str(lead_id)} if lead_id else {}
        super().__init__(detail, errors=[FieldError("email", self.code, detail)], extra=extra)


async def create_lead(session: WriteSession, values: Mapping[str, Any]) -> Lead:
    """`values` by column, the address in its normal form. Raises LeadExists, Invalid (an unknown owner)."""
    await _refuse_unknown_owner(session, values)
    lead = await queries.insert_lead(session, values)
    if lead is None:
        raise LeadExists(values["email"], await queries.lead_id_of(session, values["email"]))
    return lead


async def get_lead(session: ReadSession, lead_id: UUID) -> Lead:
    """Raises NotFound."""
    lead = await queries.find_lead(session, lead_id)
    if lead is None:
        raise no_lead(lead_id)
    return lead


async def list_leads(session: ReadSession, page: PageRequest, asked: LeadFilter) -> Page[Lead]:
    """The newest first. Raises InvalidCursor."""
    rows = await queries.list_leads(session, asked, after=after_of(page), limit=page.limit)
    return newest_first(rows, page.limit)


async def list_lead_ids(session: ReadSession, asked: LeadFilter, limit: int) -> tuple[Sequence[UUID], bool]:
    """The IDs of the newest `limit` leads, and whether there are more."""
    found = await queries.list_lead_ids(session, asked, limit)
    return found[:limit], len(found) > limit


async def change_lead(session: WriteSession, lead_id: UUID, changes: Mapping[str, Any]) -> Lead:
    """Sets the columns given. `custom` is merged: a field given as None is removed (as in RFC 7396).

    Raises NotFound, LeadExists, Invalid (an unknown owner).
    """
    lead = await get_lead(session, lead_id)
    await _refuse_unknown_owner(session, changes)
    if changes.get("email", lead.email) != lead.email:
        taken_by = await queries.lead_id_of(session, changes["email"])
        if taken_by is not None:
            raise LeadExists(changes["email"], taken_by)
    values = dict(changes)
    if "custom" in values:
        merged = {**lead.custom, **cast("dict[str, Any]", values["custom"])}
        values["custom"] = {name: value for name, value in merged.items() if value is not None}
    if values:
        await queries.update_lead(session, lead_id, values)
    return await get_lead(session, lead_id)


async def _refuse_unknown_owner(session: ReadSession, values: Mapping[str, Any]) -> None:
    owner_id = values.get("owner_id")
    if owner_id is not None and not await queries.user_exists(session, owner_id):
        detail = f"there is no user {owner_id}"
        raise Invalid(detail, errors=[FieldError("owner_id", "unknown_user", detail)])
