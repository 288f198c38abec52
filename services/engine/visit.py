"""One visit of an enrollment to a step that takes effect now, and what every effect needs of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db.queries.engine.performing import EnrollmentQueries, LoadedEnrollment, LoadedMailbox, LoadedMessage, Place
from domain.engine.contracts import Directive
from domain.engine.message_fields import message_fields
from domain.engine.walk import Decision, End, Wait, enter
from domain.enrollments.status import EnrollmentStatus
from domain.sequences.sequence import Plan, Step
from domain.zones import local_text


@dataclass(frozen=True, slots=True)
class Visit:
    """`from_step_id` is the step that was due. `decisions` were made on the way from it to `step`, which takes effect.
    `now` is on the enrollment's own clock, UTC.
    """

    queries: EnrollmentQueries
    loaded: LoadedEnrollment
    plan: Plan
    from_step_id: UUID
    step: Step
    decisions: Sequence[Decision]
    now: datetime

    @property
    def lead_id(self) -> UUID:
        return UUID(str(self.loaded.lead["id"]))

    @property
    def place(self) -> Place:
        """Where the enrollment stood when it was read. A move from there is refused once it stands elsewhere."""
        return Place(self.from_step_id, self.loaded.version_id)

    @property
    def number(self) -> int:
        """1 for the first time that the step takes effect, 2 for the second time in a loop, and so on."""
        return self.loaded.visits.get(str(self.step.id), 0) + 1

    @property
    def last_message(self) -> LoadedMessage | None:
        """The last message that was or may have been sent. Never the message of this visit, which is tried again."""
        own = (str(self.step.id), self.number)
        others = (one for one in reversed(self.loaded.messages) if (one.step_id, one.visit) != own)
        return next(others, None)

    def merge_fields(self, sender: LoadedMailbox | None, unsubscribe_url: str | None = None) -> Mapping[str, Any]:
        """The values of the merge fields for this lead, now."""
        return message_fields(
            self.loaded.lead,
            sender.model_dump(include={"name", "email", "postal_address"}) if sender else {},
            sequence_name=self.plan.name,
            now=self.now,
            unsubscribe_url=unsubscribe_url,
        )

    def decision_rows(self) -> list[dict[str, Any]]:
        return [decision_row(decision) for decision in self.decisions]

    def following(self) -> dict[str, Any]:
        """What comes after this step, in the form of the SQL function `advance_to_next_step`."""
        zones = self.plan.zones(str(self.loaded.lead.get("timezone") or ""))
        return arrival_row(enter(self.plan.after(self.step), self.now, zones))

    def stopping(self, reason: str) -> dict[str, Any]:
        """The same for a step that ends the enrollment with a stop reason."""
        return arrival_row(End(EnrollmentStatus.STOPPED, reason))

    def told(self, directive: Directive) -> Directive:
        """The directive with what the workflow shows to people: its step, and its due time in the lead's zone."""
        return with_step(directive, self.plan, self.loaded.lead)


def decision_row(decision: Decision) -> dict[str, Any]:
    """A decision in the form of the SQL functions, which log it and apply `back` and `heard`."""
    row: dict[str, Any] = {
        "step_id": str(decision.step.id),
        "branch": decision.branch,
        "outcome": decision.outcome.model_dump(mode="json", by_alias=True, exclude_none=True),
    }
    if decision.back:
        row["back"] = True
    if decision.heard_event_id:
        row["heard"] = decision.heard_event_id
    return row


def arrival_row(arrival: Wait | End) -> dict[str, Any]:
    """A wait or the end, in the form of the SQL functions."""
    if isinstance(arrival, End):
        return {"status": arrival.status.value, "reason": arrival.reason}
    row: dict[str, Any] = {"step_id": str(arrival.step.id), "due_at": arrival.due_at.isoformat()}
    if arrival.step.config.listens_for is not None:
        row["listens_for"] = arrival.step.config.listens_for
    return row


def with_step(directive: Directive, plan: Plan, lead: Mapping[str, Any]) -> Directive:
    """The directive with the key and type of its step, and its due time in the lead's zone (else the sequence's)."""
    step = plan.step(directive.step_id) if directive.step_id else None
    if step is None:
        return directive
    due_text = local_text(directive.due_at, lead.get("timezone") or "", plan.settings.timezone)
    return directive.model_copy(update={"step_key": step.key, "step_type": step.type, "due_text": due_text})
