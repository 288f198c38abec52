"""Users: the people of a tenant."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from db.models import User
from db.queries.paging import After, newest_page
from db.session import ReadSession, WriteSession


async def insert_user(session: WriteSession, *, email: str, name: str, role: str) -> User | None:
    """Returns None when the tenant already has a user with this address."""
    statement = (
        insert(User)
        .values(tenant_id=session.tenant_id, email=email, name=name, role=role)
        .on_conflict_do_nothing(constraint="users_email_key")
        .returning(User)
    )
    return (await session.scalars(statement)).one_or_none()


async def user_id_of(session: ReadSession, email: str) -> UUID | None:
    return await session.scalar(select(User.id).where(User.tenant_id == session.tenant_id, User.email == email))


async def list_users(session: ReadSession, after: After | None, limit: int) -> Sequence[User]:
    statement = select(User).where(User.tenant_id == session.tenant_id)
    return (await session.scalars(newest_page(statement, User.created_at, User.id, after, limit))).all()
