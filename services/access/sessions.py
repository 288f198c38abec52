"""Sessions: a browser that is signed in, known by a token in its cookie. As of a key, only the SHA-256 is kept.

One ends after twelve hours without a request, fourteen days after it began, when its person signs out, sets another
password or is removed, and when its key is revoked. How long is said in the schema (`0020_sessions.sql`), since the
database's clock decides.
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
"""How long a browser need keep the token."""
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """For what is to be known by it alone: 32 random bytes."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def find_session(database: Database, token: str) -> FoundSession | None:
    """Whose session this is; None for one that is unknown, malformed or over."""
    return await queries.find_session(database, hash_of(token)) if _TOKEN.fullmatch(token) else None


async def note_use(database: Database, found: FoundSession) -> None:
    """Keeps `last_seen_at`, to the minute. Where Postgres takes no writes for now, whoever only reads is let in."""
    if not found.is_to_be_noted:
        return
    try:
        async with database.write(found.tenant_id) as session:
            await queries.touch_session(session, found.session_id)
    except DBAPIError as error:
        if outage_of(error) not in (Outage.READ_ONLY, Outage.FULL):
            raise


async def begin_for_user(session: WriteSession, user_id: UUID, password_hash: str) -> str | None:
    """The new session's token. None when the user has gone, or has another password than the one that was right."""
    token = new_token()
    session_id = await queries.begin_for_user(session, user_id, password_hash, hash_of(token))
    if session_id is None:
        return None
    await _begun(session, session_id)
    return token


async def begin_for_key(session: WriteSession, key_id: UUID) -> str:
    """The new session's token."""
    token = new_token()
    await _begun(session, await queries.begin_for_key(session, key_id, hash_of(token)))
    return token


async def _begun(session: WriteSession, session_id: UUID) -> None:
    await queries.forget_what_is_over(session)
    await audited(session, "session.created", session_id)


async def end_session(session: WriteSession, session_id: UUID) -> None:
    """Signs out. One that is over already is left at that."""
    if await queries.end_session(session, session_id):
        await audited(session, "session.ended", session_id)
