"""The outbox: what Temporal is still to be told. Claim, deliver, settle."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import text

from db.calls.access import TenantsWithWork, tenants
from db.calls.outbox import (
    ClaimSignals,
    ClaimStarts,
    CountDue,
    OverdueEnrollments,
    PostponeOutbox,
    SettleOutbox,
)
from db.queries.engine.performing import described
from db.session import Database, ReadSession
from domain.engine.contracts import Command, Directive

START = "start"

_WAITING = text(
    "SELECT EXISTS (SELECT FROM outbox WHERE tenant_id = :tenant_id AND enrollment_id = ANY (:enrollment_ids))"
)


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
        claim = (ClaimStarts if starts else ClaimSignals)(tenant_id=tenant_id, limit=limit, lease=lease)
        return [_claimed(row) for row in await claim.via(self._database.calls)]

    async def settle(self, tenant_id: UUID, ids: Sequence[int]) -> None:
        await SettleOutbox(tenant_id=tenant_id, ids=list(ids)).via(self._database.calls)

    async def postpone(self, tenant_id: UUID, ids: Sequence[int], error: str) -> None:
        """Gives rows back, with the reason why they could not be delivered."""
        await PostponeOutbox(tenant_id=tenant_id, ids=list(ids), error=error).via(self._database.calls)

    async def count_due(self, tenant_id: UUID, enrollment_ids: Sequence[UUID]) -> int:
        """How many of these enrollments have a step that is due, and not failing."""
        asked = CountDue(tenant_id=tenant_id, enrollment_ids=list(enrollment_ids))
        return await asked.via(self._database.calls)

    async def tenants_with_work(self, overdue_after: timedelta) -> list[UUID]:
        return await tenants(self._database, TenantsWithWork(overdue_after=overdue_after))

    async def overdue(self, tenant_id: UUID, overdue_after: timedelta, limit: int) -> list[Claimed]:
        """Enrollments whose step was due so long ago that something may be wrong with their workflow."""
        overdue = OverdueEnrollments(tenant_id=tenant_id, overdue_after=overdue_after, limit=limit)
        return [_claimed(row._mapping) for row in await overdue.all_rows(self._database)]
