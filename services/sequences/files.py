"""Sequences as code: exports a sequence as a document, imports a document as a draft, and copies a sequence."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from db.models import SequenceStep
from db.queries.sequences import sequences as queries
from db.session import ReadSession, WriteSession
from domain.sequences.file import SequenceFile, document
from domain.sequences.sequence import SequenceSettings
from domain.sequences.steps import StepSpec
from services.sequences.replace_steps import DraftedStep, replace_steps
from services.sequences.sequences import CountedSequence, create_sequence, get_sequence

MAX_NAME = 200
_COPY = " (copy)"


async def duplicate_sequence(session: WriteSession, sequence_id: UUID, name: str | None) -> CountedSequence:
    """Creates a draft with the steps of the sequence's draft, complete or not. Raises NotFound."""
    original = (await get_sequence(session, sequence_id)).row
    steps = await queries.list_steps(session, sequence_id)
    copy = await create_sequence(
        session,
        name=name or original.name[: MAX_NAME - len(_COPY)] + _COPY,
        description=original.description,
        settings=SequenceSettings.model_validate(original.settings),
    )
    texts = [DraftedStep(**spec.model_dump(exclude={"position"})) for spec in _specs(steps)]
    await replace_steps(session, copy.row.id, texts, revision=copy.row.steps_revision)
    return await get_sequence(session, copy.row.id)


async def export_sequence(session: ReadSession, sequence_id: UUID) -> dict[str, Any]:
    """The sequence's draft in the shape of `domain/sequences/file.py`. Raises NotFound."""
    row = (await get_sequence(session, sequence_id)).row
    steps = await queries.list_steps(session, sequence_id)
    return document(name=row.name, description=row.description, settings=row.settings, steps=_specs(steps))


async def import_sequence(session: WriteSession, file: SequenceFile) -> CountedSequence:
    """Creates a draft. Raises DuplicateStepKey and Invalid, naming `steps[i]`."""
    return await create_sequence(
        session, name=file.name, description=file.description, settings=file.settings, steps=file.steps
    )


def _specs(rows: Sequence[SequenceStep]) -> list[StepSpec]:
    """The steps as their author wrote them, in order."""
    return [
        StepSpec(
            key=row.key,
            name=row.name,
            type=row.type,  # pyright: ignore[reportArgumentType]
            delay_days=row.delay_days,
            delay_hours=row.delay_hours,
            delay_minutes=row.delay_minutes,
            config=row.config,
            metadata=row.meta,
        )
        for row in rows
    ]
