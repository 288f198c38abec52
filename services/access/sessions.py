"""Sessions: a signed-in browser, identified by the token in its cookie. As for keys, only the SHA-256 is stored.

A session ends after twelve hours without a request, after fourteen days, when its person signs out, sets a new password
or is removed, and when its key is revoked. The times stand in SQL, because the database's clock decides.
"""

import hashlib
import re
import secrets
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from db.outages import Outage, outage_of
from db.queries.access import sessions as queries
from db.queries.access.sessions import FoundSession
from db.session import Database, WriteSession
from services.access.audit import audited

MAX_AGE_SECONDS = 14 * 24 * 3600
"""How long a browser keeps the cookie."""
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """A new token: 32 random bytes."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def find_session(database: Database, token: str) -> FoundSession | None:
    """The owner of this session. None for a token that is unknown, malformed or expired."""
    return await queries.find_session(database, hash_of(token)) if _TOKEN.fullmatch(token) else None


async def note_use(database: Database, found: FoundSession) -> None:
    """Updates `last_seen_at`, at most once a minute. While Postgres accepts no writes, read requests are still
    admitted."""
    if not found.is_to_be_noted:
        return
    try:
        async with database.write(found.tenant_id) as session:
            await queries.touch_session(session, found.session_id)
    except DBAPIError as error:
        if outage_of(error) not in (Outage.READ_ONLY, Outage.FULL):
            raise


async def begin_for_user(session: WriteSession, user_id: UUID, password_hash: str) -> str | None:
    """The token of the new session. None when the user was removed, or changed the password since it was checked."""
    token = new_token()
    session_id = await queries.begin_for_user(session, user_id, password_hash, hash_of(token))
    if session_id is None:
        return None
    await _begun(session, session_id)
    return token


async def begin_for_key(session: WriteSession, key_id: UUID) -> str:
    """The token of the new session."""
    token = new_token()
    await _begun(session, await queries.begin_for_key(session, key_id, hash_of(token)))
    return token


async def _begun(session: WriteSession, session_id: UUID) -> None:
    await queries.forget_what_is_over(session)
    await audited(session, "session.created", session_id)


async def end_session(session: WriteSession, session_id: UUID) -> None:
    """Signs out. Does nothing when the session has ended already."""
    if await queries.end_session(session, session_id):
        await audited(session, "session.ended", session_id)
