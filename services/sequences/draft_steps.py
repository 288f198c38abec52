"""The steps of a sequence's draft: added, changed, moved and removed one at a time.

On a sequence with leads these are edits of its draft, which reach nobody until they are published. A draft may be
incomplete: a branch may lead to a step that does not exist yet. A single step that is added or changed must be
well-formed (`replace_steps.py` is less strict). Positions are 1, 2, 3, ... without gaps.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.queries.sequences import sequences as queries
from db.session import ReadSession, WriteSession
from domain.errors import Conflict, FieldError, Invalid, NotFound, SequenceArchived
from domain.sequences.sequence import read_config
from domain.sequences.steps import StepSpec, StepText
from services.not_found import no_sequence

MAX_STEPS = 200


class DuplicateStepKey(Conflict):
    code = "duplicate_step_key"
    title = "Two steps of a sequence cannot have the same key"
    remedy = "Give the step another `key`."
    retryable = False

    def __init__(self, field: str, key: str) -> None:
        detail = f"the sequence has a step with the key {key!r} already"
        super().__init__(detail, errors=[FieldError(field, self.code, detail)])


async def add_step(session: WriteSession, sequence_id: UUID, spec: StepSpec) -> SequenceStep:
    """Inserts a step at its position, or at the end. Later steps move back by one.

    Raises NotFound, SequenceArchived, DuplicateStepKey, Invalid.
    """
    await edit(session, sequence_id)
    await queries.count_edit(session, sequence_id)
    steps = await queries.list_steps(session, sequence_id)
    _refuse_malformed(spec, "config")
    if spec.key in {step.key for step in steps}:
        raise DuplicateStepKey("key", spec.key)
    if len(steps) >= MAX_STEPS:
        raise too_many()
    added = await queries.insert_step(session, row_of(sequence_id, spec, len(steps) + 1))
    await _place(session, sequence_id, steps, added.id, spec.position)
    return await _read(session, sequence_id, added.id)


async def add_steps(session: WriteSession, sequence_id: UUID, specs: Sequence[StepSpec]) -> None:
    """Adds the steps that a sequence is created with. Raises DuplicateStepKey and Invalid, naming `steps[i]`."""
    if len(specs) > MAX_STEPS:
        raise too_many()
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, spec in enumerate(specs):
        errors += read_config(spec.type, spec.config, f"steps[{index}].config")[1]
        if spec.key in seen:
            raise DuplicateStepKey(f"steps[{index}].key", spec.key)
        seen.add(spec.key)
    if errors:
        raise Invalid(errors=errors)
    for position, spec in enumerate(_in_order(specs), start=1):
        await queries.insert_step(session, row_of(sequence_id, spec, position))


async def change_step(session: WriteSession, sequence_id: UUID, step: str, changes: Mapping[str, Any]) -> SequenceStep:
    """Changes the given fields (names of StepSpec) of the step with this ID or key.

    Raises NotFound, SequenceArchived, DuplicateStepKey, Invalid.
    """
    await edit(session, sequence_id)
    await queries.count_edit(session, sequence_id)
    steps = await queries.list_steps(session, sequence_id)
    found = _find(steps, step)
    spec = _spec_of(found).model_copy(update=dict(changes))
    _refuse_malformed(spec, "config")
    if any(other.key == spec.key and other.id != found.id for other in steps):
        raise DuplicateStepKey("key", spec.key)
    await queries.update_step(session, found.id, row_of(sequence_id, spec, found.position or 1))
    if "position" in changes:
        await _place(session, sequence_id, steps, found.id, spec.position)
    return await _read(session, sequence_id, found.id)


async def remove_step(session: WriteSession, sequence_id: UUID, step: str) -> None:
    """Removes the step with this ID or key; later steps close the gap. Raises NotFound, SequenceArchived."""
    sequence = await edit(session, sequence_id)
    await queries.count_edit(session, sequence_id)
    steps = await queries.list_steps(session, sequence_id)
    found = _find(steps, step)
    await take_out(session, sequence, [found])
    await queries.order_steps(session, sequence_id, [other.id for other in steps if other.id != found.id])


async def take_out(session: WriteSession, sequence: SequenceRow, steps: Sequence[SequenceStep]) -> None:
    """Removes steps. The caller closes the gaps."""
    for step in steps:
        if sequence.status == "draft":
            await queries.delete_step(session, step.id)
        else:
            # Leads may stand at it until the removal is published, and its history stays in the figures.
            await queries.retire_step(session, step.id)


async def edit(session: WriteSession, sequence_id: UUID) -> SequenceRow:
    """The sequence, locked for an edit of its draft. Raises NotFound, SequenceArchived."""
    sequence = await queries.lock_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    if sequence.status == "archived":
        raise SequenceArchived("an archived sequence is not edited; duplicate it", extra={"state": sequence.status})
    if sequence.status != "draft":
        await queries.update_sequence(session, sequence_id, {"unpublished": True})
    return sequence


def _find(steps: Sequence[SequenceStep], wanted: str) -> SequenceStep:
    for step in steps:
        if wanted in (str(step.id), step.key):
            return step
    raise NotFound(f"the sequence has no step {wanted!r}")


async def _place(
    session: WriteSession, sequence_id: UUID, steps: Sequence[SequenceStep], step_id: UUID, position: int | None
) -> None:
    order = [step.id for step in steps if step.id != step_id]
    order.insert(len(order) if position is None else position - 1, step_id)
    await queries.order_steps(session, sequence_id, order)


async def _read(session: ReadSession, sequence_id: UUID, step_id: UUID) -> SequenceStep:
    return next(step for step in await queries.list_steps(session, sequence_id) if step.id == step_id)


def _in_order(specs: Sequence[StepSpec]) -> list[StepSpec]:
    """Orders by position. A step without one follows the step written before it."""
    places: list[int] = []
    for spec in specs:
        places.append(spec.position or (places[-1] if places else 0))
    return [specs[index] for index in sorted(range(len(specs)), key=places.__getitem__)]


def _refuse_malformed(spec: StepSpec, where: str) -> None:
    _, errors = read_config(spec.type, spec.config, where)
    if errors:
        raise Invalid(errors=errors)


def too_many() -> Invalid:
    detail = f"a sequence has at most {MAX_STEPS} steps"
    return Invalid(detail, errors=[FieldError("steps", "too_many_steps", detail)])


def _spec_of(step: SequenceStep) -> StepSpec:
    return StepSpec.model_validate(
        {
            "key": step.key,
            "name": step.name,
            "type": step.type,
            "position": step.position,
            "delay_days": step.delay_days,
            "delay_hours": step.delay_hours,
            "delay_minutes": step.delay_minutes,
            "config": step.config,
            "metadata": step.meta,
        }
    )


def row_of(sequence_id: UUID, spec: StepText, position: int) -> dict[str, Any]:
    return {
        "sequence_id": sequence_id,
        "key": spec.key,
        "name": spec.name,
        "type": spec.type,
        "position": position,
        "delay_days": spec.delay_days,
        "delay_hours": spec.delay_hours,
        "delay_minutes": spec.delay_minutes,
        "config": spec.config,
        "meta": spec.metadata,
    }
