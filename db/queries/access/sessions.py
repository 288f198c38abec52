"""Browser sessions. A session is found by the hash of its token, before its tenant is known."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, text

from db.calls.access import FindSession
from db.models import BrowserSession
from db.session import Database, WriteSession

_TOUCH = text("""
    UPDATE sessions SET last_seen_at = now()
     WHERE tenant_id = :tenant_id AND id = :session_id AND last_seen_at < now() - interval '1 minute'
""")
_FORGET_OVER = text("""
    DELETE FROM sessions
     WHERE tenant_id = :tenant_id AND (expires_at <= now() OR last_seen_at <= now() - interval '12 hours')
""")
# FOR SHARE locks the user's row: a change of the password, which deletes all sessions, waits until this session exists
# and then deletes it too.
_BEGIN_OF_USER = text("""
    INSERT INTO sessions (tenant_id, token_hash, user_id)
    SELECT u.tenant_id, :token_hash, u.id FROM users u
     WHERE u.tenant_id = :tenant_id AND u.id = :user_id AND u.password_hash = :password_hash FOR SHARE
    RETURNING id
""")
_BEGIN_OF_KEY = text("""
    INSERT INTO sessions (tenant_id, token_hash, api_key_id) VALUES (:tenant_id, :token_hash, :api_key_id) RETURNING id
""")


@dataclass(frozen=True, slots=True)
class FoundSession:
    """The session of a user, who has a `role`, or of an API key, which has `scopes`."""

    tenant_id: UUID
    session_id: UUID
    user_id: UUID | None
    api_key_id: UUID | None
    role: str | None
    scopes: list[str] | None
    is_to_be_noted: bool
    """The last use was recorded more than a minute ago."""


async def find_session(database: Database, token_hash: bytes) -> FoundSession | None:
    """Returns None for a session that is unknown or expired, or whose API key was revoked."""
    found = await FindSession(token_hash=token_hash).via(database.calls)
    if found is None:
        return None
    user_id, api_key_id = found["user_id"], found["api_key_id"]
    return FoundSession(
        tenant_id=UUID(found["tenant_id"]),
        session_id=UUID(found["id"]),
        user_id=UUID(user_id) if user_id else None,
        api_key_id=UUID(api_key_id) if api_key_id else None,
        role=found["role"],
        scopes=found["scopes"],
        is_to_be_noted=found["is_to_be_noted"],
    )


async def touch_session(session: WriteSession, session_id: UUID) -> None:
    """Records the time of use, unless one was recorded within the last minute."""
    await session.execute(_TOUCH, {"tenant_id": session.tenant_id, "session_id": session_id})


async def begin_for_user(session: WriteSession, user_id: UUID, password_hash: str, token_hash: bytes) -> UUID | None:
    """Returns the session's ID; None when the user does not exist any more, or the password has changed."""
    values = {"user_id": user_id, "password_hash": password_hash, "token_hash": token_hash}
    return await session.scalar(_BEGIN_OF_USER, {"tenant_id": session.tenant_id, **values})


async def begin_for_key(session: WriteSession, api_key_id: UUID, token_hash: bytes) -> UUID:
    values = {"tenant_id": session.tenant_id, "api_key_id": api_key_id, "token_hash": token_hash}
    return (await session.execute(_BEGIN_OF_KEY, values)).scalar_one()


async def end_session(session: WriteSession, session_id: UUID) -> bool:
    """Deletes the session. Returns whether it existed."""
    statement = (
        delete(BrowserSession)
        .where(BrowserSession.tenant_id == session.tenant_id, BrowserSession.id == session_id)
        .returning(BrowserSession.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(statement) is not None


async def end_sessions_of_user(session: WriteSession, user_id: UUID) -> None:
    await session.execute(
        delete(BrowserSession)
        .where(BrowserSession.tenant_id == session.tenant_id, BrowserSession.user_id == user_id)
        .execution_options(synchronize_session=False)
    )


async def end_sessions_of_key(session: WriteSession, api_key_id: UUID) -> None:
    await session.execute(
        delete(BrowserSession)
        .where(BrowserSession.tenant_id == session.tenant_id, BrowserSession.api_key_id == api_key_id)
        .execution_options(synchronize_session=False)
    )


async def forget_what_is_over(session: WriteSession) -> None:
    """Deletes the tenant's expired sessions."""
    await session.execute(_FORGET_OVER, {"tenant_id": session.tenant_id})
