"""API keys: `cdz_<prefix>_<secret>`. Only the SHA-256 is stored, so a key is shown once and never again.

A fast hash is enough: the secret has 190 random bits, which nobody can guess.
"""

import hashlib
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from db.models import ApiKey
from db.outages import Outage, outage_of
from db.queries.access import api_keys as queries
from db.queries.access.api_keys import FoundKey
from db.queries.access.sessions import end_sessions_of_key
from db.queries.rows import find_row
from db.session import Database, ReadSession, WriteSession
from domain.errors import Conflict, NotFound
from services.access.audit import audited
from services.paging import Page, PageRequest, after_of, newest_first

Scope = Literal["read", "write", "admin"]
ALL_SCOPES: tuple[Scope, ...] = ("read", "write", "admin")
"""Each scope includes the ones before it."""

_ALPHABET = string.ascii_letters + string.digits
# Long enough for a key that was created elsewhere (`cadenza up` keeps one in its home) with 32 characters or more.
_KEY = re.compile(r"cdz_[A-Za-z0-9_-]{32,120}")
_PREFIX = slice(4, 12)


class KeyInUse(Conflict):
    """A key cannot revoke itself, so that one wrong call never costs a tenant its last access."""

    code = "api_key_in_use"
    title = "An API key cannot revoke itself"
    remedy = "Revoke the key with another key of scope `admin`."
    retryable = False


@dataclass(frozen=True, slots=True)
class NewKey:
    """`key` is the only copy."""

    row: ApiKey
    key: str


def generate_key() -> str:
    prefix, secret = _random(8), _random(32)
    return f"cdz_{prefix}_{secret}"


def well_formed(key: str) -> bool:
    return _KEY.fullmatch(key) is not None


async def find_key(database: Database, key: str) -> FoundKey | None:
    """The owner of this key. None for one that is unknown, malformed or revoked."""
    return await queries.find_key(database, _hash(key)) if well_formed(key) else None


async def note_use(database: Database, key: FoundKey) -> None:
    """Updates `last_used_at`, at most once a minute. While Postgres accepts no writes, read requests are still
    admitted."""
    if not key.is_to_be_noted:
        return
    try:
        async with database.write(key.tenant_id) as session:
            await queries.touch_key(session, key.key_id)
    except DBAPIError as error:
        if outage_of(error) not in (Outage.READ_ONLY, Outage.FULL):
            raise


async def create_key(session: WriteSession, *, name: str, scopes: Sequence[Scope], key: str | None = None) -> NewKey:
    """A new key of the session's tenant."""
    made = await adopt_key(session, generate_key(), name=name, scopes=scopes)
    assert made is not None, "190 random bits do not repeat"
    return made


async def adopt_key(session: WriteSession, key: str, *, name: str, scopes: Sequence[Scope]) -> NewKey | None:
    """Registers this well-formed key for the session's tenant. None when the key exists already, or was revoked."""
    held: list[str] = [scope for scope in ALL_SCOPES if scope in scopes]
    row = await queries.insert_key(session, name=name, prefix=key[_PREFIX], key_hash=_hash(key), scopes=held)
    if row is None:
        return None
    await audited(session, "api_key.created", row.id, scopes=held)
    return NewKey(row, key)


async def list_keys(session: ReadSession, page: PageRequest) -> Page[ApiKey]:
    """The newest first, revoked ones too. Raises InvalidCursor."""
    return newest_first(await queries.list_keys(session, after_of(page), page.limit), page.limit)


async def get_key(session: ReadSession, key_id: UUID) -> ApiKey:
    """Raises NotFound."""
    found = await find_row(session, ApiKey, key_id)
    if found is None:
        raise NotFound(f"there is no API key {key_id}")
    return found


async def revoke_key(session: WriteSession, key_id: UUID, *, used: UUID | None) -> None:
    """Revokes the key and ends its sessions, at once and for good. `used` is the key of this request, or of its
    session. Raises NotFound, KeyInUse."""
    if key_id == used:
        raise KeyInUse("revoke it with another key of the admin scope")
    if not await queries.revoke_key(session, key_id):
        raise NotFound(f"there is no API key {key_id}")
    await end_sessions_of_key(session, key_id)
    await audited(session, "api_key.revoked", key_id)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
