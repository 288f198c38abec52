"""Sequences: created as a draft, activated, paused, archived.

draft -> active <-> paused -> archived. A draft may also be archived or deleted. Nothing becomes a draft again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.models import Sequence as SequenceRow
from db.queries.analytics import Replies
from db.queries.batches import open_batches
from db.queries.sequences import sequences as queries
from db.queries.sequences.sequences import EnrollmentCounts
from db.session import ReadSession, WriteSession
from domain.errors import InvalidTransition, SequenceNotDraft
from domain.sequences.sequence import SequenceSettings, SequenceStatus
from domain.sequences.steps import StepSpec
from services.access.audit import AuditAction, audited
from services.analytics import performance
from services.not_found import no_sequence
from services.paging import Page, PageRequest, after_of, newest_first
from services.sequences import steering
from services.sequences.draft_steps import add_steps, edit
from services.sequences.publishing import publish


@dataclass(frozen=True, slots=True)
class CountedSequence:
    """A sequence with the figures of its row in the list."""

    row: SequenceRow
    counts: EnrollmentCounts
    replies: Replies
    batch_id: UUID | None
    """The newest running batch: it pauses, resumes, stops or enrolls leads."""


@dataclass(frozen=True, slots=True)
class SequenceChanges:
    """What to change. None leaves a field unchanged. `settings` holds only the settings to change."""

    name: str | None = None
    description: str | None = None
    settings: dict[str, Any] | None = None
    status: SequenceStatus | None = None


async def create_sequence(
    session: WriteSession,
    *,
    name: str,
    description: str,
    settings: SequenceSettings,
    steps: Sequence[StepSpec] = (),
) -> CountedSequence:
    """Creates a draft. Raises DuplicateStepKey and Invalid, naming `steps[i]`."""
    values = {"name": name, "description": description, "settings": settings.model_dump(mode="json")}
    sequence = await queries.insert_sequence(session, values)
    await add_steps(session, sequence.id, steps)
    return await get_sequence(session, sequence.id)


async def get_sequence(session: ReadSession, sequence_id: UUID) -> CountedSequence:
    """Raises NotFound."""
    sequence = await queries.find_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    return (await _counted(session, [sequence]))[0]


async def list_sequences(
    session: ReadSession, page: PageRequest, *, search: str | None = None, status: SequenceStatus | None = None
) -> Page[CountedSequence]:
    """The newest first. `search` matches anywhere in the name. Raises InvalidCursor."""
    rows = await queries.list_sequences(session, search=search, status=status, after=after_of(page), limit=page.limit)
    cut = newest_first(rows, page.limit)
    return Page(await _counted(session, cut.items), cut.next_cursor)


async def change_sequence(session: WriteSession, sequence_id: UUID, changes: SequenceChanges) -> CountedSequence:
    """Changes the given fields, then the status.

    The name and settings of a sequence with leads belong to its draft: they take effect once they are published. Raises
    NotFound, SequenceArchived, SequenceInvalid (activation), InvalidTransition.
    """
    sequence = await _locked(session, sequence_id)
    values = _changed_values(sequence, changes)
    if values:
        await edit(session, sequence_id)
        await queries.update_sequence(session, sequence_id, values)
    if changes.status is not None and changes.status != sequence.status:
        await _move(session, await _locked(session, sequence_id), changes.status)
    return await get_sequence(session, sequence_id)


async def delete_sequence(session: WriteSession, sequence_id: UUID) -> None:
    """Deletes a draft. Raises NotFound, SequenceNotDraft."""
    sequence = await _locked(session, sequence_id)
    if sequence.status != "draft":
        raise SequenceNotDraft(f"the sequence is {sequence.status}", extra={"state": sequence.status})
    await queries.delete_sequence(session, sequence_id)


async def _locked(session: WriteSession, sequence_id: UUID) -> SequenceRow:
    sequence = await queries.lock_sequence(session, sequence_id)
    if sequence is None:
        raise no_sequence(sequence_id)
    return sequence


async def _counted(session: ReadSession, rows: Sequence[SequenceRow]) -> list[CountedSequence]:
    ids = [row.id for row in rows]
    counts, batches = await queries.count_enrollments(session, ids), await open_batches(session, ids)
    # A sequence that never enrolled a lead has sent nothing.
    replies = await performance.replies(session, {one: count.enrolled for one, count in counts.items()})
    return [
        CountedSequence(
            row, counts.get(row.id, EnrollmentCounts()), replies.get(row.id, Replies()), batches.get(row.id)
        )
        for row in rows
    ]


def _changed_values(sequence: SequenceRow, changes: SequenceChanges) -> dict[str, Any]:
    given = {"name": changes.name, "description": changes.description}
    values: dict[str, Any] = {field: value for field, value in given.items() if value is not None}
    if changes.settings is not None:
        settings = SequenceSettings.model_validate({**sequence.settings, **changes.settings})
        values["settings"] = settings.model_dump(mode="json")
    return values


async def _move(session: WriteSession, sequence: SequenceRow, status: SequenceStatus) -> None:
    move = _MOVES.get((sequence.status, status))
    if move is None:
        detail = f"a sequence that is {sequence.status} cannot become {status}"
        raise InvalidTransition(detail, state=sequence.status)
    await queries.update_sequence(session, sequence.id, {"status": status})
    act, action = move
    await act(session, sequence)
    await audited(session, action, sequence.id)


async def _activate(session: WriteSession, sequence: SequenceRow) -> None:
    await publish(session, sequence)


async def _pause(session: WriteSession, sequence: SequenceRow) -> None:
    await steering.pause_sequence(session, sequence.id)


async def _resume(session: WriteSession, sequence: SequenceRow) -> None:
    await steering.resume_sequence(session, sequence.id)


async def _archive(session: WriteSession, sequence: SequenceRow) -> None:
    await steering.archive_sequence(session, sequence.id)


_MOVES: dict[tuple[str, SequenceStatus], tuple[Callable[[WriteSession, SequenceRow], Awaitable[None]], AuditAction]] = {
    ("draft", "active"): (_activate, "sequence.activated"),
    ("active", "paused"): (_pause, "sequence.paused"),
    ("paused", "active"): (_resume, "sequence.resumed"),
    ("draft", "archived"): (_archive, "sequence.archived"),
    ("active", "archived"): (_archive, "sequence.archived"),
    ("paused", "archived"): (_archive, "sequence.archived"),
}
