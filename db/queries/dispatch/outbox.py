"""The outbox: commands that Temporal has not received yet. They are claimed, delivered, and settled."""

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
    """A command with everything that its delivery needs. `id` is None for the repair of an overdue enrollment, which
    has no row in the outbox."""

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
    """Whether any of these enrollments has a command in the outbox."""
    key = {"tenant_id": session.tenant_id, "enrollment_ids": list(enrollment_ids)}
    return bool(await session.scalar(_WAITING, key))


class Outbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, tenant_id: UUID, *, starts: bool, limit: int, lease: timedelta) -> list[Claimed]:
        """Claims starts of workflows, or signals to running workflows. The caller must settle or postpone each row.
        After a crash the lease expires and the rows can be claimed again."""
        claim = (ClaimStarts if starts else ClaimSignals)(tenant_id=tenant_id, limit=limit, lease=lease)
        return [_claimed(row) for row in await claim.via(self._database.calls)]

    async def settle(self, tenant_id: UUID, ids: Sequence[int]) -> None:
        await SettleOutbox(tenant_id=tenant_id, ids=list(ids)).via(self._database.calls)

    async def postpone(self, tenant_id: UUID, ids: Sequence[int], error: str) -> None:
        """Ends the lease of rows that could not be delivered, and stores the reason."""
        await PostponeOutbox(tenant_id=tenant_id, ids=list(ids), error=error).via(self._database.calls)

    async def count_due(self, tenant_id: UUID, enrollment_ids: Sequence[UUID]) -> int:
        """Returns how many of these enrollments have a step that is due and not failing."""
        asked = CountDue(tenant_id=tenant_id, enrollment_ids=list(enrollment_ids))
        return await asked.via(self._database.calls)

    async def tenants_with_work(self, overdue_after: timedelta) -> list[UUID]:
        return await tenants(self._database, TenantsWithWork(overdue_after=overdue_after))

    async def overdue(self, tenant_id: UUID, overdue_after: timedelta, limit: int) -> list[Claimed]:
        """Returns enrollments whose step has been overdue for so long that their workflow may be lost."""
        overdue = OverdueEnrollments(tenant_id=tenant_id, overdue_after=overdue_after, limit=limit)
        return [_claimed(row._mapping) for row in await overdue.all_rows(self._database)]
