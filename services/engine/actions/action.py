"""What an action is. A new one subclasses `Action` in a file of its own here, and is found by its `action`."""

from collections.abc import Mapping
from typing import Any, ClassVar, get_args

from db.queries.engine.performing import advance_txn, note_result_txn
from db.session import WriteSession
from domain.engine.contracts import Directive
from domain.sequences.steps import StepConfig
from services.engine.steps.effect import Effect, Tools
from services.engine.steps.visit import Visit


class Action(Effect):
    """Its fields are its config; `action` is a Literal with its name.

    The deed and its record are one transaction, so that a crash leaves both or neither.
    """

    step_type: ClassVar[str] = "action"
    wakes_outbox: ClassVar[bool] = False
    """Whether its deed may leave something to tell Temporal."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "action" in cls.model_fields:
            ACTIONS[get_args(cls.model_fields["action"].annotation)[0]] = cls

    @classmethod
    def reader(cls, raw: Mapping[str, Any]) -> type[StepConfig]:
        name = raw.get("action")
        if not isinstance(name, str) or name not in ACTIONS:
            raise ValueError(f"unknown action {name!r}; known are {', '.join(sorted(ACTIONS))}")
        return ACTIONS[name]

    @property
    def ends_with(self) -> str | None:
        """The stop reason of an action that is the last thing its enrollment does."""
        return None

    async def prepare(self, visit: Visit, tools: Tools) -> None:
        """What must have happened in the world before the deed is recorded; repeated until it succeeds."""
        return None

    def changes(self) -> dict[str, Any] | None:
        """What it changes about its lead, as the SQL function `change_lead` takes it, where that is all it does: deed,
        record and move are then one call. None: `act` does it."""
        return None

    async def act(self, session: WriteSession, visit: Visit) -> Mapping[str, Any] | None:
        """The deed, in the transaction that moves the enrollment on; what it answers is added to the log row."""
        raise NotImplementedError(f"{type(self).__name__} says neither what it changes nor how it acts")

    async def perform(self, visit: Visit, tools: Tools) -> Directive:
        await self.prepare(visit, tools)
        move: dict[str, Any] = {
            "now": visit.now,
            "decisions": visit.decision_rows(),
            "effect": {
                "step_id": str(visit.step.id),
                "visit": visit.number,
                "event": "action_performed",
                "detail": self.model_dump(mode="json"),
            },
            "following": visit.stopping(self.ends_with) if self.ends_with else visit.following(),
        }
        change = self.changes()
        if change is not None:
            advanced = visit.queries.advance_and_change_lead(visit.place, **move, lead_id=visit.lead_id, change=change)
            return visit.told(await advanced)
        async with tools.database.write(visit.queries.tenant_id) as session:
            applied, directive = await advance_txn(session, visit.queries.enrollment_id, visit.place, **move)
            # The row is locked now. An attempt that comes second, or after a stop, has moved and does nothing.
            if applied and (result := await self.act(session, visit)):
                await note_result_txn(session, visit.queries.enrollment_id, visit.step.id, result)
        if applied and self.wakes_outbox:
            tools.kick(visit.queries.tenant_id)
        return visit.told(directive)


ACTIONS: dict[str, type[Action]] = {}
