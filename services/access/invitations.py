"""Invitations: the only way to set a password, first or later. An administrator creates the link and gives it to the
person. It works once, for seven days."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.queries.access import passwords as queries
from db.queries.access.sessions import end_sessions_of_user
from db.session import Database, WriteSession
from domain.errors import DomainError
from services.access import sessions
from services.access.audit import audited
from services.access.passwords import Passwords
from services.access.sign_in import SignedIn
from services.access.users import get_user


class InvitationOver(DomainError):
    """Also raised for a token that never existed."""

    code = "invitation_over"
    status = 410
    title = "The invitation is not valid, or not any more"
    remedy = "Ask an administrator for another link, and use it within seven days."
    retryable = False

    def __init__(self) -> None:
        super().__init__("it was used, replaced by a newer one, or is more than seven days old: ask for another")


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """`token` is the only copy."""

    token: str
    expires_at: datetime


async def invite(session: WriteSession, user_id: UUID) -> NewInvitation:
    """Replaces the user's previous invitation. The present password stays valid until the new one is accepted. Raises
    NotFound."""
    await get_user(session, user_id)
    token = sessions.new_token()
    expires_at = await queries.put_invitation(session, user_id, sessions.hash_of(token))
    await audited(session, "user.invited", user_id)
    return NewInvitation(token, expires_at)


async def accept(database: Database, passwords: Passwords, token: str, password: str) -> SignedIn:
    """Sets the password, ends the person's sessions and begins a new one. Raises InvitationOver."""
    token_hash = sessions.hash_of(token)
    found = await queries.find_invitation(database, token_hash)
    if found is None:
        raise InvitationOver
    password_hash = await passwords.hash(password)  # before the transaction, because hashing takes a while
    async with database.write(found.tenant_id, user_id=found.user_id) as session:
        if not await queries.take_invitation(session, token_hash):
            raise InvitationOver
        await queries.set_password(session, found.user_id, password_hash)
        await end_sessions_of_user(session, found.user_id)
        await audited(session, "user.password_set", found.user_id)
        begun = await sessions.begin_for_user(session, found.user_id, password_hash)
        assert begun is not None, "the user's row is held since its password was set"
        return SignedIn(found.tenant_id, begun)
