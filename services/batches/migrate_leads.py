"""Moves the leads of a sequence to its newest version.

Leads whose wait an edit has ended would all be due now, so they are spread over time, as after a pause.
"""

import dataclasses
from datetime import timedelta
from typing import ClassVar

from db.calls.steering import MigrateEnrollments
from db.models import Batch
from db.queries.sequences import publishing
from db.queries.sequences import sequences as sequences_of
from db.session import WriteSession
from domain.sequences.relocation import Relocated, relocate
from domain.sequences.sequence import Plan
from services.batches.kind import BatchKind, Chunk, Then
from services.batches.resume_sequence import DUE_PER_SECOND
from services.enrollments.relocation import Plans, relocated_row


class MigrateLeads(BatchKind):
    name: ClassVar[str] = "migrate_leads"
    command: ClassVar[str] = "plan_changed"

    async def count(self, session: WriteSession, batch: Batch) -> int:
        current = await sequences_of.current_plan(session, batch.sequence_id)
        return await publishing.count_behind(session, batch.sequence_id, current.id if current else None)

    async def chunk(self, session: WriteSession, batch: Batch, limit: int) -> Chunk:
        current = await sequences_of.current_plan(session, batch.sequence_id)
        assert current is not None, "it was published"
        if current.version != batch.cursor.get("version", current.version):
            return Chunk(Then.SUPERSEDED, cursor=batch.cursor)
        rows = await publishing.enrollments_behind(session, batch.sequence_id, current.id, limit, lock=True)
        plan, old = Plan.model_validate(current.plan), Plans(session)
        await old.know(rows)
        places = [(row, relocate(old.of(row), plan, row.standing)) for row in rows]
        spread = int(batch.cursor.get("spread", 0))
        moved: list[dict[str, str | None]] = []
        for row, place in places:
            if _comes_due(place, row):
                place = dataclasses.replace(place, due_at=row.standing.now + timedelta(seconds=spread / DUE_PER_SECOND))
                spread += 1
            moved.append(relocated_row(row, place))
        await MigrateEnrollments(
            tenant_id=session.tenant_id, version_id=current.id, version=current.version, rows=moved
        ).within(session)
        return Chunk(
            Then.MORE if len(rows) == limit else Then.FINISHED,
            processed=len(rows),
            accepted=len(rows),
            cursor={"version": current.version, "spread": spread},
        )


def _comes_due(place: Relocated, row: publishing.Behind) -> bool:
    """Whether this edit ended the lead's wait."""
    stood = row.standing
    if stood.paused_at is not None or place.due_at is None:
        return False
    return place.due_at <= stood.now and (stood.due_at is None or stood.now < stood.due_at)
