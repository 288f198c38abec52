"""API keys. A key is found by its hash, before its tenant is known. All other queries are limited to one tenant."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from db.calls.access import FindApiKey
from db.models import ApiKey
from db.queries.paging import After, newest_page
from db.session import Database, ReadSession, WriteSession

_TOUCH = text("""
    UPDATE api_keys SET last_used_at = now()
     WHERE tenant_id = :tenant_id AND id = :key_id
       AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
""")


class FoundKey(NamedTuple):
    tenant_id: UUID
    key_id: UUID
    scopes: list[str]
    is_to_be_noted: bool
    """The last use was recorded more than a minute ago, or never."""


async def find_key(database: Database, key_hash: bytes) -> FoundKey | None:
    found = await FindApiKey(key_hash=key_hash).via(database.calls)
    if found is None:
        return None
    return FoundKey(UUID(found["tenant_id"]), UUID(found["id"]), found["scopes"], found["is_to_be_noted"])


async def touch_key(session: WriteSession, key_id: UUID) -> None:
    """Records the time of use, unless one was recorded within the last minute."""
    await session.execute(_TOUCH, {"tenant_id": session.tenant_id, "key_id": key_id})


async def insert_key(
    session: WriteSession, *, name: str, prefix: str, key_hash: bytes, scopes: Sequence[str]
) -> ApiKey | None:
    """Returns None when the key's hash exists already."""
    statement = (
        insert(ApiKey)
        .values(tenant_id=session.tenant_id, name=name, prefix=prefix, key_hash=key_hash, scopes=list(scopes))
        .on_conflict_do_nothing(constraint="api_keys_key_hash_key")
        .returning(ApiKey)
    )
    return (await session.scalars(statement)).one_or_none()


async def list_keys(session: ReadSession, after: After | None, limit: int) -> Sequence[ApiKey]:
    statement = select(ApiKey).where(ApiKey.tenant_id == session.tenant_id)
    page = newest_page(statement, ApiKey.created_at, ApiKey.id, after, limit)
    return (await session.scalars(page)).all()


async def revoke_key(session: WriteSession, key_id: UUID) -> bool:
    """Returns whether the key exists. A key that is already revoked keeps its time of revocation."""
    statement = (
        update(ApiKey)
        .where(ApiKey.tenant_id == session.tenant_id, ApiKey.id == key_id)
        .values(revoked_at=func.coalesce(ApiKey.revoked_at, func.now()))
        .returning(ApiKey.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalar(statement)) is not None
