"""`action`: performs one of the actions in `services/engine/actions/`, and records it."""

from collections.abc import Sequence
from typing import Any, ClassVar

from db.queries.engine.performing import advance_txn, note_result_txn
from db.session import ReadSession
from domain.engine.contracts import Directive
from domain.enrollments.log_event import LogEvent
from domain.errors import FieldError
from domain.sequences.steps.action import ActionConfig
from services.engine.actions.action import action_effect_of
from services.engine.effects.effect import Effect
from services.engine.tools import Tools
from services.engine.visit import Visit


class PerformAction(Effect[ActionConfig]):
    """What the action changes and the record of it are one transaction: a crash leaves both or neither."""

    step_type: ClassVar[str] = "action"

    async def missing(self, session: ReadSession) -> Sequence[FieldError]:
        return await action_effect_of(self.config).missing(session)

    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        """Raises what the action's `prepare` and `act` raise."""
        action = action_effect_of(self.config)
        overtaken = await action.prepare(visit, tools)
        if overtaken is not None:
            return visit.told(overtaken)
        move = self._move(visit)
        change = action.changes()
        if change is not None:
            advanced = visit.queries.advance_and_change_lead(visit.place, **move, lead_id=visit.lead_id, change=change)
            return visit.told(await advanced)
        async with tools.database.write(visit.queries.tenant_id) as session:
            applied, directive = await advance_txn(session, visit.queries.enrollment_id, visit.place, **move)
            # The row is locked now. Where another attempt or a stop has moved the enrollment already, nothing is done.
            if applied and (result := await action.act(session, visit)):
                await note_result_txn(session, visit.queries.enrollment_id, visit.step.id, result)
        if applied and action.wakes_outbox:
            tools.kick(visit.queries.tenant_id)
        return visit.told(directive)

    def _move(self, visit: Visit) -> dict[str, Any]:
        """The move past this step, as the SQL function `advance_to_next_step` takes it."""
        ends_with = self.config.ends_with
        return {
            "now": visit.now,
            "decisions": visit.decision_rows(),
            "effect": {
                "step_id": str(visit.step.id),
                "visit": visit.number,
                "event": LogEvent.ACTION_PERFORMED,
                "detail": self.config.model_dump(mode="json"),
            },
            "following": visit.stopping(ends_with) if ends_with else visit.following(),
        }
