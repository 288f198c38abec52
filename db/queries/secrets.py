"""All encrypted values, for the rotation of the encryption key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from db.models import Mailbox, SenderDomain
from db.session import WriteSession


@dataclass(frozen=True, slots=True)
class SealedColumn:
    model: type[Mailbox] | type[SenderDomain]
    name: str

    @property
    def column(self) -> Any:
        return getattr(self.model, self.name)


SEALED = (
    SealedColumn(Mailbox, "smtp_password"),
    SealedColumn(Mailbox, "imap_password"),
    SealedColumn(SenderDomain, "dkim_private_key"),
)


async def sealed_values(session: WriteSession, sealed: SealedColumn) -> Sequence[tuple[UUID, str]]:
    """Returns the column of each row that has a value, by the row's ID, and locks the rows until the transaction
    ends."""
    statement = (
        select(sealed.model.id, sealed.column)
        .where(sealed.model.tenant_id == session.tenant_id, sealed.column.is_not(None))
        .order_by(sealed.model.id)
        .with_for_update()
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def replace_sealed(session: WriteSession, sealed: SealedColumn, row_id: UUID, value: str) -> None:
    await session.execute(
        update(sealed.model)
        .where(sealed.model.tenant_id == session.tenant_id, sealed.model.id == row_id)
        .values({sealed.name: value})
        .execution_options(synchronize_session=False)
    )
