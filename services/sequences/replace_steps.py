"""All steps of a draft at once, as an editor that shows them all keeps them.

Unlike one that is added or changed by itself, a step may be kept here before it is finished: what a person has typed
is not thrown away for want of a subject. What keeps it from running is told by `problems_of`, and refused where it
would count: when the sequence is activated or published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.queries.sequences import sequences as queries
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError
from domain.sequences.steps import StepText
from services.engine.plans import read_plan
from services.sequences.draft_steps import MAX_STEPS, DuplicateStepKey, edit, no_sequence, row_of, take_out, too_many
from services.sequences.publishing import drafted_plan, plan_of


class SequenceChanged(Conflict):
    """Somebody else has written the steps since they were read: `steps_revision` is the present one."""

    code = "sequence_changed"
    title = "The steps have been changed since they were read"


class DraftedStep(StepText):
    """A step of the whole: its place is where it stands. `id` names the step that it was, whatever its key is now;
    one that was removed comes back. Without it, or where there is no such step any more, the key says which it is."""

    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DraftedSteps:
    steps_revision: int
    steps: Sequence[SequenceStep]


async def read_steps(session: ReadSession, sequence_id: UUID) -> DraftedSteps:
    """All steps, in order. Raises NotFound."""
    sequence = await queries.find_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    # The revision was read first: an edit in between makes it too old, which is refused, and never too new.
    return DraftedSteps(sequence.steps_revision, await queries.list_steps(session, sequence_id))


async def replace_steps(
    session: WriteSession, sequence_id: UUID, steps: Sequence[DraftedStep], *, revision: int
) -> DraftedSteps:
    """Makes these the steps of the draft: what is new is added, what is there changed and moved, the rest removed.

    Raises NotFound, SequenceArchived, SequenceChanged, DuplicateStepKey, Invalid.
    """
    sequence = await edit(session, sequence_id)
    if sequence.steps_revision != revision:
        detail = f"revision {revision} was read, and {sequence.steps_revision} is the present one"
        raise SequenceChanged(detail, extra={"steps_revision": sequence.steps_revision})
    _refuse_twice(steps)
    there = await queries.list_steps(session, sequence_id)
    kept = await _matched(session, sequence_id, there, steps)
    await take_out(session, sequence, [step for step in there if step.id not in {row.id for row in kept if row}])
    await _free_keys(session, kept, steps)
    for position, (row, step) in enumerate(zip(kept, steps, strict=True), start=1):
        values = row_of(sequence_id, step, position)
        if row is None:
            await queries.insert_step(session, values)
        elif any(getattr(row, field) != value for field, value in values.items()):
            await queries.update_step(session, row.id, {**values, "removed_at": None})
    await queries.count_edit(session, sequence_id)
    await _note_unpublished(session, sequence)
    return await read_steps(session, sequence_id)


async def problems_of(session: ReadSession, sequence_id: UUID, steps: Sequence[DraftedStep]) -> list[FieldError]:
    """Everything that would keep the sequence from running, were these its steps. Raises NotFound."""
    sequence = await queries.find_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    rows = [
        SequenceStep(id=step.id or uuid4(), **row_of(sequence_id, step, position))
        for position, step in enumerate(steps, start=1)
    ]
    return (await plan_of(session, sequence, rows))[1]


def _refuse_twice(steps: Sequence[DraftedStep]) -> None:
    if len(steps) > MAX_STEPS:
        raise too_many()
    seen: set[str] = set()
    for index, step in enumerate(steps):
        if step.key in seen:
            raise DuplicateStepKey(f"steps[{index}].key", step.key)
        seen.add(step.key)


async def _matched(
    session: ReadSession, sequence_id: UUID, there: Sequence[SequenceStep], steps: Sequence[DraftedStep]
) -> list[SequenceStep | None]:
    """The row that each step has already, by its ID, else by its key."""
    named = [step.id for step in steps if step.id]
    by_id = {row.id: row for row in [*there, *await queries.retired_steps(session, sequence_id, named)]}
    kept = [by_id.pop(step.id, None) if step.id else None for step in steps]
    by_key = {row.key: row for row in there if row.id in by_id}
    return [row or by_key.get(step.key) for row, step in zip(kept, steps, strict=True)]


async def _free_keys(session: WriteSession, kept: Sequence[SequenceStep | None], steps: Sequence[DraftedStep]) -> None:
    """Two steps may have exchanged their keys, and no two may have one at any moment."""
    for row, step in zip(kept, steps, strict=True):
        if row is not None and row.removed_at is None and row.key != step.key:
            await queries.update_step(session, row.id, {"key": row.id.hex})


async def _note_unpublished(session: WriteSession, sequence: SequenceRow) -> None:
    """An edit that was taken back, or that only moves steps about on the screen, leaves nothing to publish."""
    current = await queries.current_plan(session, sequence.id)
    if current is None:
        return
    plan, errors = await drafted_plan(session, sequence)
    unpublished = bool(errors) or plan != read_plan(current.plan)
    await queries.update_sequence(session, sequence.id, {"unpublished": unpublished})
