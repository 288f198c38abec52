"""Publishes the edits of a sequence with leads, and tells what that changes for the leads on their way."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from db.queries.batches import supersede
from db.queries.sequences import publishing
from db.queries.sequences import sequences as queries
from db.session import ReadSession, WriteSession
from domain.errors import SequenceNotActive
from domain.sequences.relocation import VersionChange, relocate
from domain.sequences.sequence import Plan
from services.batches.migrate_leads import MigrateLeads
from services.batches.running import begin
from services.enrollments.relocation import Plans
from services.not_found import no_sequence
from services.sequences.publishing import checked_plan, publish

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class StepChange:
    key: str
    change: Literal["added", "removed", "changed", "reordered"]


@dataclass(frozen=True, slots=True)
class Publication:
    """`leads` counts the leads on their way by the effect on them. Leads pinned to their version are not counted.

    `batch_id` is the batch that moves them. None in a dry run, and where nobody moves.
    """

    version: int
    changes: list[StepChange] = field(default_factory=list[StepChange])
    leads: Counter[VersionChange] = field(default_factory=Counter[VersionChange])
    batch_id: UUID | None = None


async def publish_edits(session: WriteSession, sequence_id: UUID, *, dry_run: bool) -> Publication:
    """Publishes the edits as the next version and has the leads moved, or in a dry run only tells the effect.

    Publishing without a difference changes nothing. Raises NotFound, SequenceNotActive, SequenceInvalid.
    """
    sequence = await queries.lock_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    if sequence.status not in ("active", "paused"):
        detail = f"the sequence is {sequence.status}; activating a draft publishes it"
        raise SequenceNotActive(detail, extra={"state": sequence.status})
    current = await queries.current_plan(session, sequence_id)
    assert current is not None, "a sequence that was activated has a version"
    before, plan = Plan.model_validate(current.plan), await checked_plan(session, sequence)
    if plan == before:
        if not dry_run:
            await queries.update_sequence(session, sequence_id, {"unpublished": False})
        return Publication(current.version)
    follows = plan.settings.versioning == "follow_latest"
    leads = await _forecast(session, sequence_id, plan) if follows else Counter[VersionChange]()
    if dry_run:
        return Publication(current.version + 1, _changes(before, plan), leads)
    version = await publish(session, sequence)
    batch_id = await _move_leads(session, sequence_id) if leads else None
    return Publication(version, _changes(before, plan), leads, batch_id)


async def _move_leads(session: WriteSession, sequence_id: UUID) -> UUID:
    await supersede(session, [MigrateLeads.name], sequence_id=sequence_id)
    return (await begin(session, MigrateLeads.name, sequence_id=sequence_id)).id


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


async def _forecast(session: ReadSession, sequence_id: UUID, plan: Plan) -> Counter[VersionChange]:
    counts, old, after = Counter[VersionChange](), Plans(session), publishing.NOBODY
    while rows := await publishing.enrollments_behind(session, sequence_id, None, CHUNK, after=after):
        await old.know(rows)
        counts.update(relocate(old.of(row), plan, row.standing).change for row in rows)
        after = rows[-1].id
    return counts
