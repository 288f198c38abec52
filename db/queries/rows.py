"""Finds, changes and deletes one row of a tenant's table by its ID. Anything more has a query of its own."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update

from db.models.base import Row
from db.session import ReadSession, WriteSession

R = TypeVar("R", bound=Row)


async def find_row(session: ReadSession, model: type[R], row_id: UUID) -> R | None:
    statement = select(model).where(model.tenant_id == session.tenant_id, model.id == row_id)
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def change_row(session: WriteSession, model: type[R], row_id: UUID, values: Mapping[str, Any]) -> R | None:
    """Returns the row with these columns set; None when there is no such row."""
    if values:
        await session.execute(
            update(model)
            .where(model.tenant_id == session.tenant_id, model.id == row_id)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
    return await find_row(session, model, row_id)


async def delete_row(session: WriteSession, model: type[R], row_id: UUID) -> bool:
    """Returns whether the row existed."""
    statement = (
        delete(model)
        .where(model.tenant_id == session.tenant_id, model.id == row_id)
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None
