"""Actions: the deed and its record are one transaction, so that a crash leaves both or neither."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from db.queries.enrollments import advance_txn
from db.queries.lead_moves import qualify_lead, set_lead_status, tag_lead
from db.session import Database, WriteSession
from domain.actions import MarkQualified, TagLead, UpdateStatus
from domain.messages import Directive
from domain.sequence import ActionConfig
from services.steps.visit import Visit

Doer = Callable[[WriteSession, UUID, Any], Awaitable[None]]


async def _update_status(session: WriteSession, lead_id: UUID, action: UpdateStatus) -> None:
    await set_lead_status(session, lead_id, action.status)


async def _mark_qualified(session: WriteSession, lead_id: UUID, _action: MarkQualified) -> None:
    await qualify_lead(session, lead_id)


async def _tag_lead(session: WriteSession, lead_id: UUID, action: TagLead) -> None:
    await tag_lead(session, lead_id, add=action.add, remove=action.remove)


DOERS: dict[type, Doer] = {
    UpdateStatus: _update_status,
    MarkQualified: _mark_qualified,
    TagLead: _tag_lead,
}


class ActionHandler:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def perform(self, visit: Visit) -> Directive:
        config = visit.step.config
        assert isinstance(config, ActionConfig), "the registry routes actions here"
        action = config.root
        async with self._database.write(visit.queries.tenant_id) as session:
            applied, directive = await advance_txn(
                session,
                visit.queries.enrollment_id,
                from_step_id=visit.from_step_id,
                now=visit.now,
                decisions=visit.decision_rows(),
                effect={
                    "step_id": str(visit.step.id),
                    "visit": visit.number,
                    "event": "action_performed",
                    "detail": action.model_dump(mode="json"),
                },
                following=visit.following(),
            )
            # The row is locked now. An attempt that comes second, or after a stop, has moved and does nothing.
            if applied:
                await DOERS[type(action)](session, UUID(str(visit.loaded.lead["id"])), action)
        return visit.told(directive)
