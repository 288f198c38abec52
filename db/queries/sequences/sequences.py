"""Sequences, the steps of their drafts, and their published versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update

from db.models import Enrollment, SequenceStep, SequenceVersion
from db.models import Sequence as SequenceRow
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession

# Reads the row again even if the session has it cached, since triggers may have changed it.
_FRESH = {"populate_existing": True}

# The unique constraint on positions is deferred, so that one statement may reorder all steps.
_ORDER_STEPS = text("""
    UPDATE sequence_steps s SET position = o.position
      FROM unnest(CAST(:step_ids AS uuid[])) WITH ORDINALITY o(id, position)
     WHERE s.tenant_id = :tenant_id AND s.sequence_id = :sequence_id AND s.id = o.id
       AND s.position <> o.position
""")


@dataclass(frozen=True, slots=True)
class EnrollmentCounts:
    """`enrolled`: all enrollments that there ever were. `active`: those under way, including pending ones. `completed`:
    those that reached the end."""

    enrolled: int = 0
    active: int = 0
    completed: int = 0


async def insert_sequence(session: WriteSession, values: Mapping[str, Any]) -> SequenceRow:
    statement = insert(SequenceRow).values(tenant_id=session.tenant_id, **values).returning(SequenceRow)
    return (await session.scalars(statement)).one()


async def find_sequence(session: ReadSession, sequence_id: UUID) -> SequenceRow | None:
    statement = select(SequenceRow).where(SequenceRow.tenant_id == session.tenant_id, SequenceRow.id == sequence_id)
    return (await session.scalars(statement, execution_options=_FRESH)).one_or_none()


async def lock_sequence(session: WriteSession, sequence_id: UUID) -> SequenceRow | None:
    """Locks the sequence, so that edits of it and of its steps run one after another and see each other's result."""
    statement = (
        select(SequenceRow)
        .where(SequenceRow.tenant_id == session.tenant_id, SequenceRow.id == sequence_id)
        # NO KEY UPDATE does not block rows that only refer to the sequence. An incoming reply locks its enrollment
        # first and then the sequence's key. A pause of the sequence locks in the opposite order.
        .with_for_update(key_share=True)
    )
    return (await session.scalars(statement, execution_options=_FRESH)).one_or_none()


async def list_sequences(
    session: ReadSession, *, search: str | None, status: str | None, after: After | None, limit: int
) -> Sequence[SequenceRow]:
    statement = select(SequenceRow).where(SequenceRow.tenant_id == session.tenant_id)
    if search:
        statement = statement.where(SequenceRow.name.icontains(search, autoescape=True))
    if status is not None:
        statement = statement.where(SequenceRow.status == status)
    page = newest_page(statement, SequenceRow.created_at, SequenceRow.id, after, limit)
    return (await session.scalars(page)).all()


async def count_enrollments(session: ReadSession, sequence_ids: Sequence[UUID]) -> dict[UUID, EnrollmentCounts]:
    """Returns counts by sequence. A sequence without enrollments is missing."""
    on_the_way = Enrollment.status.in_(("pending", "active"))
    statement = (
        select(
            Enrollment.sequence_id,
            func.count(),
            func.count().filter(on_the_way),
            func.count().filter(Enrollment.status == "completed"),
        )
        .where(Enrollment.tenant_id == session.tenant_id, Enrollment.sequence_id.in_(sequence_ids))
        .group_by(Enrollment.sequence_id)
    )
    rows = (await session.execute(statement)).all()
    return {row[0]: EnrollmentCounts(row[1], row[2], row[3]) for row in rows}


async def update_sequence(session: WriteSession, sequence_id: UUID, values: Mapping[str, Any]) -> None:
    await session.execute(
        update(SequenceRow)
        .where(SequenceRow.tenant_id == session.tenant_id, SequenceRow.id == sequence_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def delete_sequence(session: WriteSession, sequence_id: UUID) -> None:
    await session.execute(
        delete(SequenceRow)
        .where(SequenceRow.tenant_id == session.tenant_id, SequenceRow.id == sequence_id)
        .execution_options(synchronize_session=False)
    )


async def insert_version(session: WriteSession, sequence_id: UUID, version: int, plan: dict[str, Any]) -> UUID:
    statement = (
        insert(SequenceVersion)
        .values(tenant_id=session.tenant_id, sequence_id=sequence_id, version=version, plan=plan)
        .returning(SequenceVersion.id)
    )
    return (await session.execute(statement)).scalar_one()


async def current_plan(session: ReadSession, sequence_id: UUID) -> SequenceVersion | None:
    """Returns the current version; None before the first publication."""
    statement = (
        select(SequenceVersion)
        .join(
            SequenceRow,
            (SequenceRow.tenant_id == SequenceVersion.tenant_id) & (SequenceRow.id == SequenceVersion.sequence_id),
        )
        .where(
            SequenceVersion.tenant_id == session.tenant_id,
            SequenceVersion.sequence_id == sequence_id,
            SequenceVersion.version == SequenceRow.current_version,
        )
    )
    return (await session.scalars(statement)).one_or_none()


async def list_steps(session: ReadSession, sequence_id: UUID) -> Sequence[SequenceStep]:
    """Returns the steps in the order of their positions."""
    statement = (
        select(SequenceStep)
        .where(
            SequenceStep.tenant_id == session.tenant_id,
            SequenceStep.sequence_id == sequence_id,
            SequenceStep.removed_at.is_(None),
        )
        .order_by(SequenceStep.position)
    )
    return (await session.scalars(statement, execution_options=_FRESH)).all()


async def insert_step(session: WriteSession, values: Mapping[str, Any]) -> SequenceStep:
    statement = insert(SequenceStep).values(tenant_id=session.tenant_id, **values).returning(SequenceStep)
    return (await session.scalars(statement)).one()


async def update_step(session: WriteSession, step_id: UUID, values: Mapping[str, Any]) -> None:
    await session.execute(
        update(SequenceStep)
        .where(SequenceStep.tenant_id == session.tenant_id, SequenceStep.id == step_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def delete_step(session: WriteSession, step_id: UUID) -> None:
    await session.execute(
        delete(SequenceStep)
        .where(SequenceStep.tenant_id == session.tenant_id, SequenceStep.id == step_id)
        .execution_options(synchronize_session=False)
    )


async def retire_step(session: WriteSession, step_id: UUID) -> None:
    """Removes a step from the draft, but keeps its row for enrollments and figures of published versions."""
    await update_step(session, step_id, {"removed_at": func.now(), "position": None})


async def count_edit(session: WriteSession, sequence_id: UUID) -> None:
    """Raises the revision of the drafted steps, so that an edit based on an older revision is detected."""
    await update_sequence(session, sequence_id, {"steps_revision": SequenceRow.steps_revision + 1})


async def retired_steps(session: ReadSession, sequence_id: UUID, step_ids: Sequence[UUID]) -> Sequence[SequenceStep]:
    """Returns those of `step_ids` that were removed from the sequence's draft and kept."""
    statement = select(SequenceStep).where(
        SequenceStep.tenant_id == session.tenant_id,
        SequenceStep.sequence_id == sequence_id,
        SequenceStep.removed_at.is_not(None),
        SequenceStep.id.in_(step_ids),
    )
    return (await session.scalars(statement, execution_options=_FRESH)).all()


async def order_steps(session: WriteSession, sequence_id: UUID, step_ids: Sequence[UUID]) -> None:
    """Sets positions 1, 2, 3, ... in the order of `step_ids`, which must name every step of the draft."""
    await session.execute(
        _ORDER_STEPS,
        {"tenant_id": session.tenant_id, "sequence_id": sequence_id, "step_ids": list(step_ids)},
    )
