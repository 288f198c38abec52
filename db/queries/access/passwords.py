"""Passwords of users, and the invitations with which users set them. Both are found before a tenant is known."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, text, update

from db.calls.access import FindInvitation, FindPasswords
from db.models import Invitation, User
from db.session import Database, WriteSession

_INVITE = text("""
    INSERT INTO invitations (tenant_id, user_id, token_hash) VALUES (:tenant_id, :user_id, :token_hash)
    ON CONFLICT (tenant_id, user_id) DO UPDATE
       SET token_hash = EXCLUDED.token_hash, created_at = DEFAULT, expires_at = DEFAULT
    RETURNING expires_at
""")


class KeptPassword(NamedTuple):
    tenant_id: UUID
    user_id: UUID
    password_hash: str


class FoundInvitation(NamedTuple):
    tenant_id: UUID
    user_id: UUID


async def find_passwords(database: Database, email: str) -> Sequence[KeptPassword]:
    """Returns the user with this address of every tenant where that user has a password."""
    rows = await FindPasswords(email=email).all_rows(database)
    return [KeptPassword(row.tenant_id, row.user_id, row.password_hash) for row in rows]


async def set_password(session: WriteSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(
        update(User)
        .where(User.tenant_id == session.tenant_id, User.id == user_id)
        .values(password_hash=password_hash, password_set_at=func.now())
        .execution_options(synchronize_session=False)
    )


async def put_invitation(session: WriteSession, user_id: UUID, token_hash: bytes) -> datetime:
    """Returns when the invitation expires. It replaces the user's previous invitation."""
    values = {"tenant_id": session.tenant_id, "user_id": user_id, "token_hash": token_hash}
    return (await session.execute(_INVITE, values)).scalar_one()


async def find_invitation(database: Database, token_hash: bytes) -> FoundInvitation | None:
    """Returns None for an invitation that is unknown, was used, or has expired."""
    rows = await FindInvitation(token_hash=token_hash).all_rows(database)
    return FoundInvitation(rows[0].tenant_id, rows[0].user_id) if rows else None


async def take_invitation(session: WriteSession, token_hash: bytes) -> bool:
    """Deletes the invitation. Returns whether it existed: of two simultaneous requests with it, only one gets True."""
    statement = (
        delete(Invitation)
        .where(Invitation.tenant_id == session.tenant_id, Invitation.token_hash == token_hash)
        .returning(Invitation.user_id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None
