"""Replaces all steps of a draft at once, as an editor that shows them all does.

Unlike a single step that is added or changed, a step may be saved here before it is complete: what a person typed is
not lost because a subject is missing. `problems_of` reports what keeps the sequence from running. Activating and
publishing reject it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.queries.sequences import sequences as queries
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError
from domain.sequences.sequence import Plan
from domain.sequences.steps import StepText
from services.not_found import no_sequence
from services.sequences.draft_steps import MAX_STEPS, DuplicateStepKey, edit, row_of, take_out, too_many
from services.sequences.publishing import drafted_plan, plan_of


class SequenceChanged(Conflict):
    """Somebody else changed the steps after they were read. `steps_revision` is the present revision."""

    code = "sequence_changed"
    title = "The steps have been changed since they were read"
    remedy = "Read the steps again and decide whose changes to keep. Then send the new `steps_revision`."
    retryable = False


class DraftedStep(StepText):
    """One step of the whole list; its place is its position. `id` names an existing step, even when its key changes. A
    removed step can come back. Without `id`, or when no such step exists any more, the key identifies it."""

    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DraftedSteps:
    steps_revision: int
    steps: Sequence[SequenceStep]


async def read_steps(session: ReadSession, sequence_id: UUID) -> DraftedSteps:
    """All steps in order. Raises NotFound."""
    sequence = await queries.find_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    # The revision is read first: an edit in between makes it too old, which is rejected, and never too new.
    return DraftedSteps(sequence.steps_revision, await queries.list_steps(session, sequence_id))


async def replace_steps(
    session: WriteSession, sequence_id: UUID, steps: Sequence[DraftedStep], *, revision: int
) -> DraftedSteps:
    """Makes these the steps of the draft: adds the new ones, changes and moves the existing ones, removes the rest.

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
    """Everything that would keep the sequence from running with these steps. Raises NotFound."""
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
    """The existing row of each step, by its ID, else by its key."""
    named = [step.id for step in steps if step.id]
    by_id = {row.id: row for row in [*there, *await queries.retired_steps(session, sequence_id, named)]}
    kept = [by_id.pop(step.id, None) if step.id else None for step in steps]
    by_key = {row.key: row for row in there if row.id in by_id}
    return [row or by_key.get(step.key) for row, step in zip(kept, steps, strict=True)]


async def _free_keys(session: WriteSession, kept: Sequence[SequenceStep | None], steps: Sequence[DraftedStep]) -> None:
    """Two steps may swap their keys, and at no moment may two steps have the same one."""
    for row, step in zip(kept, steps, strict=True):
        if row is not None and row.removed_at is None and row.key != step.key:
            await queries.update_step(session, row.id, {"key": row.id.hex})


async def _note_unpublished(session: WriteSession, sequence: SequenceRow) -> None:
    """An edit that was undone, or that only moves steps on the screen, leaves nothing to publish."""
    current = await queries.current_plan(session, sequence.id)
    if current is None:
        return
    plan, errors = await drafted_plan(session, sequence)
    unpublished = bool(errors) or plan != Plan.model_validate(current.plan)
    await queries.update_sequence(session, sequence.id, {"unpublished": unpublished})
