"""From a draft to a version that leads run on, and what that means for the leads on their way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.queries import publishing
from db.queries import sequences as queries
from db.queries.publishing import Behind
from db.session import ReadSession, WriteSession
from domain.errors import FieldError, SequenceInvalid, SequenceNotActive
from domain.graph import problems
from domain.relocation import Effect, Relocated, Standing, relocate
from domain.sequence import Plan, SequenceSettings, Step
from services.actions.action import Action
from services.plans import read_config, read_plan
from services.steps_draft import no_sequence

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class StepChange:
    key: str
    change: Literal["added", "removed", "changed", "reordered"]


@dataclass(frozen=True, slots=True)
class Publication:
    """`leads` counts those on their way by what they notice; those pinned to their version are not among them."""

    version: int
    version_id: UUID | None
    """None in a dry run, and where nothing differs from the version that is there."""
    changes: list[StepChange]
    leads: Counter[Effect]


async def publish(session: WriteSession, sequence: SequenceRow) -> Publication:
    """Freezes the draft as the sequence's next version and makes it the current one.

    Raises SequenceInvalid, naming each field that keeps the sequence from running (`steps[2].config...`).
    """
    plan = await checked_plan(session, sequence)
    version = (sequence.current_version or 0) + 1
    version_id = await queries.insert_version(
        session, sequence.id, version, plan.model_dump(mode="json", by_alias=True)
    )
    await queries.update_sequence(session, sequence.id, {"current_version": version, "unpublished": False})
    return Publication(version, version_id, [], Counter())


async def publish_edits(session: WriteSession, sequence_id: UUID, *, dry_run: bool) -> Publication:
    """Makes the edits of a running sequence its next version, or only says what that would do.

    The caller has the leads moved (`move_leads`). Publishing what differs in nothing changes nothing.
    Raises NotFound, SequenceNotActive, SequenceInvalid.
    """
    sequence = await queries.lock_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    if sequence.status not in ("active", "paused"):
        detail = f"the sequence is {sequence.status}; activating a draft publishes it"
        raise SequenceNotActive(detail, extra={"state": sequence.status})
    current = await queries.current_plan(session, sequence_id)
    assert current is not None, "a sequence that was activated has a version"
    before, plan = read_plan(current.plan), await checked_plan(session, sequence)
    if plan == before:
        await queries.update_sequence(session, sequence_id, {"unpublished": False})
        return Publication(current.version, None, [], Counter())
    leads = Counter[Effect]()
    if plan.settings.versioning == "follow_latest":
        leads = await _forecast(session, sequence_id, plan)
    changes = _changes(before, plan)
    if dry_run:
        return Publication(current.version + 1, None, changes, leads)
    published = await publish(session, sequence)
    return Publication(published.version, published.version_id, changes, leads)


async def checked_plan(session: ReadSession, sequence: SequenceRow) -> Plan:
    """The plan that the drafted steps amount to. Raises SequenceInvalid."""
    rows = await queries.list_steps(session, sequence.id)
    steps, errors = _compiled(rows)
    errors = errors or problems(steps) or await _missing(session, steps)
    if errors:
        raise SequenceInvalid(errors=errors)
    settings = SequenceSettings.model_validate(sequence.settings)
    return Plan(name=sequence.name, settings=settings, steps=tuple(steps))


def _compiled(rows: Sequence[SequenceStep]) -> tuple[list[Step], list[FieldError]]:
    steps: list[Step] = []
    errors: list[FieldError] = []
    for index, row in enumerate(rows):
        config, problems_of_step = read_config(row.type, row.config, f"steps[{index}].config")
        errors += problems_of_step
        if config is not None:
            own_delay = timedelta(days=row.delay_days, hours=row.delay_hours, minutes=row.delay_minutes)
            steps.append(
                Step(
                    id=row.id,
                    key=row.key,
                    name=row.name,
                    type=row.type,
                    delay_seconds=int(own_delay.total_seconds()),
                    config=config,
                )
            )
    return steps, errors


async def _missing(session: ReadSession, steps: Sequence[Step]) -> list[FieldError]:
    """What actions refer to and is not there."""
    return [
        FieldError(f"steps[{index}].config.{error.field}", error.code, error.detail)
        for index, step in enumerate(steps)
        if isinstance(step.config, Action)
        for error in await step.config.missing(session)
    ]


def _changes(before: Plan, after: Plan) -> list[StepChange]:
    old, new = {step.id: step for step in before.steps}, {step.id: step for step in after.steps}
    changes = [StepChange(step.key, "removed") for step in before.steps if step.id not in new]
    kept_before = [step.id for step in before.steps if step.id in new]
    kept_after = [step.id for step in after.steps if step.id in old]
    for step in after.steps:
        if step.id not in old:
            changes.append(StepChange(step.key, "added"))
        elif step != old[step.id]:
            changes.append(StepChange(step.key, "changed"))
        elif kept_before.index(step.id) != kept_after.index(step.id):
            changes.append(StepChange(step.key, "reordered"))
    return changes


async def _forecast(session: ReadSession, sequence_id: UUID, plan: Plan) -> Counter[Effect]:
    counts, old, after = Counter[Effect](), Plans(session), publishing.NOBODY
    while rows := await publishing.enrollments_behind(session, sequence_id, None, after, CHUNK):
        await old.know(rows)
        counts.update(relocate(old.of(row), plan, standing(row)).effect for row in rows)
        after = rows[-1].id
    return counts


class Plans:
    """The versions that leads of one sequence stand in, each read once."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._known: dict[UUID, Plan] = {}

    async def know(self, rows: Sequence[Behind]) -> None:
        unknown = {row.version_id for row in rows} - self._known.keys()
        if unknown:
            found = await publishing.plans(self._session, list(unknown))
            self._known |= {version_id: read_plan(plan) for version_id, plan in found.items()}

    def of(self, row: Behind) -> Plan:
        return self._known[row.version_id]


def standing(row: Behind) -> Standing:
    return Standing(row.step_id, row.entered_at, row.due_at, row.hold_until, row.paused_at, row.zone, row.now)


def relocated_row(row: Behind, to: Relocated) -> dict[str, str | None]:
    """As `migrate_enrollments` takes it."""
    return {
        "id": str(row.id),
        "step_id": str(to.step.id) if to.step else None,
        "due_at": to.due_at.isoformat() if to.due_at else None,
        "listens_for": to.step.config.listens_for if to.step else None,
        "entered_at": to.entered_at.isoformat() if to.entered_at else None,
    }
