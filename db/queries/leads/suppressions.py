"""Suppressions: addresses and domains that the tenant never writes to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from db.models import Suppression
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

# Without taking turns, two lists with the same values in a different order would deadlock. The next import waits
# however long this one takes: it is exempt from the lock timeout (db/bounds.py).
_LIST_TURN = text("""
    SELECT set_config('lock_timeout', '0', true),
           pg_advisory_xact_lock(hashtextextended('suppressions/import/' || :tenant_id, 0))
""")
_INSERT_MANY = text("""
    WITH made AS (
        INSERT INTO suppressions (tenant_id, kind, value, reason)
        SELECT :tenant_id, kind, value, reason
          FROM unnest(CAST(:kinds AS text[]), CAST(:values AS text[]), CAST(:reasons AS text[])) t(kind, value, reason)
         ORDER BY kind, value
        ON CONFLICT ON CONSTRAINT suppressions_value_key DO NOTHING RETURNING 1)
    SELECT count(*) FROM made
""")


async def insert_suppression(session: WriteSession, *, kind: str, value: str, reason: str) -> Suppression | None:
    """Returns None when the tenant has this suppression already."""
    statement = (
        insert(Suppression)
        .values(tenant_id=session.tenant_id, kind=kind, value=value, reason=reason)
        .on_conflict_do_nothing(constraint="suppressions_value_key")
        .returning(Suppression)
    )
    return (await session.scalars(statement)).one_or_none()


async def suppression_id_of(session: ReadSession, kind: str, value: str) -> UUID | None:
    statement = select(Suppression.id).where(
        Suppression.tenant_id == session.tenant_id, Suppression.kind == kind, Suppression.value == value
    )
    return await session.scalar(statement)


async def list_suppressions(
    session: ReadSession, *, kind: str | None, search: str | None, after: After | None, limit: int
) -> Sequence[Suppression]:
    statement = select(Suppression).where(Suppression.tenant_id == session.tenant_id)
    if kind is not None:
        statement = statement.where(Suppression.kind == kind)
    if search:
        statement = statement.where(Suppression.value.icontains(search, autoescape=True))
    page = newest_page(statement, Suppression.created_at, Suppression.id, after, limit)
    return (await session.scalars(page)).all()


async def suppressions_after(
    session: ReadSession, kind: str | None, after: tuple[str, str] | None, limit: int
) -> Sequence[Suppression]:
    """Returns suppressions in the order of kind and value, after the pair `after`."""
    statement = select(Suppression).where(Suppression.tenant_id == session.tenant_id)
    if kind is not None:
        statement = statement.where(Suppression.kind == kind)
    if after is not None:
        statement = statement.where(tuple_(Suppression.kind, Suppression.value) > tuple_(*after))
    return (await session.scalars(statement.order_by(Suppression.kind, Suppression.value).limit(limit))).all()


async def take_list_turn(session: WriteSession) -> None:
    """Waits until no other import of the tenant has an open transaction."""
    await session.execute(_LIST_TURN, {"tenant_id": str(session.tenant_id)})


async def insert_suppressions(session: WriteSession, rows: Sequence[tuple[str, str, str]]) -> int:
    """Each entry has `kind`, `value` and `reason`. Returns how many of them are new."""
    kinds, values, reasons = ([row[place] for row in rows] for place in range(3))
    key = {"tenant_id": session.tenant_id, "kinds": kinds, "values": values, "reasons": reasons}
    return int((await session.execute(_INSERT_MANY, key)).scalar_one())
