"""The outbox: what Temporal must still be told. Claim, deliver, settle."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from db.calls import Call
from db.queries.engine.performing import described
from db.session import Database, ReadSession
from domain.engine.contracts import Command, Directive

START = "start"

# A plan for each of the two: signals are found by an index of their own, among any number of starts.
_CLAIM_STARTS = Call("SELECT jsonb_agg(c ORDER BY c.id) FROM claim_outbox(:tenant_id, :limit, :lease, true) c")
_CLAIM_SIGNALS = Call("SELECT jsonb_agg(c ORDER BY c.id) FROM claim_outbox(:tenant_id, :limit, :lease, false) c")
_SETTLE = Call("SELECT settle_outbox(:tenant_id, :ids)")
_POSTPONE = Call("SELECT postpone_outbox(:tenant_id, :ids, :error)")
_WAITING = text(
    "SELECT EXISTS (SELECT FROM outbox WHERE tenant_id = :tenant_id AND enrollment_id = ANY (:enrollment_ids))"
)
_DUE = Call("SELECT count_due(:tenant_id, :enrollment_ids)")
_TENANTS = text("SELECT tenant_id FROM tenants_with_work(:overdue_after)")
_OVERDUE = text("SELECT * FROM overdue_enrollments(:tenant_id, :overdue_after, :limit)")


class Claimed(BaseModel):
    """A command, and everything that delivering it needs. `id` is None for one that only repairs."""

    model_config = ConfigDict(frozen=True)

    id: int | None
    enrollment_id: UUID
    command: str
    sequence_id: UUID
    sequence_name: str
    lead_id: UUID
    campaign_id: UUID | None
    directive: Directive

    @property
    def signal(self) -> Command:
        return Command(self.command)


def _claimed(row: Mapping[str, Any]) -> Claimed:
    return Claimed.model_validate({**row, "directive": described(row["directive"])})


async def is_waiting(session: ReadSession, enrollment_ids: Sequence[UUID]) -> bool:
    """Whether Temporal must still be told something of these enrollments."""
    key = {"tenant_id": session.tenant_id, "enrollment_ids": list(enrollment_ids)}
    return bool(await session.scalar(_WAITING, key))


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, tenant_id: UUID, *, starts: bool, limit: int, lease: timedelta) -> list[Claimed]:
        """Starts of enrollments, or signals to those that run. Whoever claims must settle or postpone; a crash gives
        the rows back when the lease runs out."""
        statement = _CLAIM_STARTS if starts else _CLAIM_SIGNALS
        asked = {"tenant_id": tenant_id, "limit": limit, "lease": lease}
        return [_claimed(row) for row in await self._database.calls.value(statement, asked) or ()]

    async def settle(self, tenant_id: UUID, ids: Sequence[int]) -> None:
        await self._database.calls.value(_SETTLE, {"tenant_id": tenant_id, "ids": list(ids)})

    async def postpone(self, tenant_id: UUID, ids: Sequence[int], error: str) -> None:
        """Gives rows back, with the reason why they could not be delivered."""
        await self._database.calls.value(_POSTPONE, {"tenant_id": tenant_id, "ids": list(ids), "error": error})

    async def count_due(self, tenant_id: UUID, enrollment_ids: Sequence[UUID]) -> int:
        """How many of these enrollments have a step that is due, and not failing."""
        asked = {"tenant_id": tenant_id, "enrollment_ids": list(enrollment_ids)}
        return int(await self._database.calls.value(_DUE, asked))

    async def tenants_with_work(self, overdue_after: timedelta) -> list[UUID]:
        rows = await self._database.rows(_TENANTS, {"overdue_after": overdue_after})
        return [row.tenant_id for row in rows]

    async def overdue(self, tenant_id: UUID, overdue_after: timedelta, limit: int) -> list[Claimed]:
        """Enrollments whose step was due so long ago that something may be wrong with their workflow."""
        rows = await self._database.rows(
            _OVERDUE, {"tenant_id": tenant_id, "overdue_after": overdue_after, "limit": limit}
        )
        return [_claimed(row._mapping) for row in rows]
