"""Leads: single ones, lists, and a thousand at a time from an import."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from db.calls.erasing import EraseLead
from db.models import Lead, User
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession
from domain.leads.importing import LIMITS, ParsedLead

S = TypeVar("S", bound=Select[Any])

# In the order of their IDs, as everywhere that several enrollments are locked. Ended ones are locked, too.
_LOCK_ENROLLMENTS = text("""
    SELECT id FROM lead_sequence_state
     WHERE tenant_id = CAST(:tenant_id AS uuid) AND lead_id = CAST(:lead_id AS uuid) ORDER BY id FOR UPDATE
""")
# Without taking turns, two imports of one tenant with the same addresses in a different order would deadlock. The next
# import waits however long this one takes: it is exempt from the lock timeout (db/bounds.py).
_IMPORT_TURN = text("""
    SELECT set_config('lock_timeout', '0', true),
           pg_advisory_xact_lock(hashtextextended('leads/import/' || :tenant_id, 0))
""")

# The row of a known address is updated: an empty cell does not clear a field, and tags and custom fields are added to
# the existing ones. `xmax = 0` holds for a row that this statement inserted. There is one array for each column,
# because Postgres unpacks arrays faster than JSON.
_UPSERT = text("""
    WITH done AS (
        INSERT INTO leads AS l
            (tenant_id, email, first_name, last_name, company, title, phone, timezone, tags, custom)
        SELECT :tenant_id, email, first_name, last_name, company, title, phone, timezone, tags::text[], custom::jsonb
          FROM unnest(CAST(:email AS text[]), CAST(:first_name AS text[]), CAST(:last_name AS text[]),
                      CAST(:company AS text[]), CAST(:title AS text[]), CAST(:phone AS text[]),
                      CAST(:timezone AS text[]), CAST(:tags AS text[]), CAST(:custom AS text[])) AS given(
               email, first_name, last_name, company, title, phone, timezone, tags, custom)
        ON CONFLICT (tenant_id, email) DO UPDATE SET
            first_name = coalesce(nullif(excluded.first_name, ''), l.first_name),
            last_name = coalesce(nullif(excluded.last_name, ''), l.last_name),
            company = coalesce(nullif(excluded.company, ''), l.company),
            title = coalesce(nullif(excluded.title, ''), l.title),
            phone = coalesce(nullif(excluded.phone, ''), l.phone),
            timezone = coalesce(nullif(excluded.timezone, ''), l.timezone),
            tags = l.tags || ARRAY(SELECT tag FROM unnest(excluded.tags) tag WHERE tag <> ALL (l.tags)),
            custom = l.custom || excluded.custom
        RETURNING id, xmax = 0 AS created
    ), gathered AS (
        INSERT INTO campaign_leads (tenant_id, campaign_id, lead_id)
        SELECT :tenant_id, CAST(:campaign_id AS uuid), id FROM done WHERE CAST(:campaign_id AS uuid) IS NOT NULL
         ORDER BY id
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) FILTER (WHERE created), count(*) FILTER (WHERE NOT created) FROM done
""")


class Upserted(NamedTuple):
    created: int
    updated: int


async def insert_lead(session: WriteSession, values: Mapping[str, Any]) -> Lead | None:
    """Returns None when the tenant already has a lead with this address."""
    statement = (
        insert(Lead)
        .values(tenant_id=session.tenant_id, **values)
        .on_conflict_do_nothing(constraint="leads_email_key")
        .returning(Lead)
    )
    return (await session.scalars(statement)).one_or_none()


async def find_lead(session: ReadSession, lead_id: UUID) -> Lead | None:
    statement = select(Lead).where(Lead.tenant_id == session.tenant_id, Lead.id == lead_id)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def lead_id_of(session: ReadSession, email: str) -> UUID | None:
    return await session.scalar(select(Lead.id).where(Lead.tenant_id == session.tenant_id, Lead.email == email))


async def user_exists(session: ReadSession, user_id: UUID) -> bool:
    statement = select(User.id).where(User.tenant_id == session.tenant_id, User.id == user_id)
    return await session.scalar(statement) is not None


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """The filters of a list of leads. None does not filter."""

    search: str | None = None
    """Text that the address, the name or the company contains."""
    status: str | None = None
    tag: str | None = None
    ids: Sequence[UUID] | None = None


async def list_leads(session: ReadSession, asked: LeadFilter, *, after: After | None, limit: int) -> Sequence[Lead]:
    statement = _filtered(select(Lead).where(Lead.tenant_id == session.tenant_id), asked)
    page = newest_page(statement, Lead.created_at, Lead.id, after, limit)
    return (await session.scalars(page)).all()


async def list_lead_ids(session: ReadSession, asked: LeadFilter, limit: int) -> Sequence[UUID]:
    """Returns up to `limit + 1` leads, newest first. The extra row shows that there is another page."""
    statement = _filtered(select(Lead.id).where(Lead.tenant_id == session.tenant_id), asked)
    return (await session.scalars(newest_page(statement, Lead.created_at, Lead.id, None, limit))).all()


def _filtered(statement: S, asked: LeadFilter) -> S:
    if asked.search:
        statement = statement.where(_matches(asked.search))
    if asked.status is not None:
        statement = statement.where(Lead.status == asked.status)
    if asked.tag is not None:
        statement = statement.where(literal(asked.tag) == any_(Lead.tags))
    if asked.ids is not None:
        statement = statement.where(Lead.id.in_(asked.ids))
    return statement


def _matches(search: str) -> ColumnElement[bool]:
    """Whether the address, the name or the company contains the text, ignoring case."""
    name = func.concat(Lead.first_name, " ", Lead.last_name)
    return or_(*(column.icontains(search, autoescape=True) for column in (Lead.email, name, Lead.company)))


async def update_lead(session: WriteSession, lead_id: UUID, values: Mapping[str, Any]) -> None:
    await session.execute(
        update(Lead)
        .where(Lead.tenant_id == session.tenant_id, Lead.id == lead_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def erase_lead(session: WriteSession, lead_id: UUID) -> bool:
    """Deletes the lead with everything that refers to it (enrollments, log, engagement). The sequences keep anonymous
    figures. Returns whether the lead existed."""
    key = {"tenant_id": str(session.tenant_id), "lead_id": str(lead_id)}
    await session.execute(_LOCK_ENROLLMENTS, key)
    return await EraseLead(tenant_id=session.tenant_id, lead_id=lead_id).within(session)


async def take_import_turn(session: WriteSession) -> None:
    """Waits until no other import of the tenant has an open transaction. The lock lasts until this transaction ends."""
    await session.execute(_IMPORT_TURN, {"tenant_id": str(session.tenant_id)})


async def upsert_leads(session: WriteSession, leads: Sequence[ParsedLead], campaign_id: UUID | None = None) -> Upserted:
    """Inserts or updates leads with distinct addresses, and adds them to the campaign if one is given."""
    columns: dict[str, Any] = {name: [getattr(lead, name) for lead in leads] for name in ("email", *LIMITS)}
    columns["tags"] = [_array_literal(lead.tags) for lead in leads]
    columns["custom"] = [json.dumps(lead.custom) if lead.custom else "{}" for lead in leads]
    done = await session.execute(_UPSERT, {"tenant_id": session.tenant_id, "campaign_id": campaign_id, **columns})
    return Upserted(*done.one())


def _array_literal(texts: Sequence[str]) -> str:
    """A Postgres array literal (PostgreSQL documentation, section "Array Input and Output Syntax")."""
    escaped = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in escaped) + "}"
