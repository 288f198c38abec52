"""Stored answers, by Idempotency-Key."""

from typing import Any, NamedTuple

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from db.session import WriteSession

# Waits for another transaction that has claimed the key. If that one failed, the key is ours; otherwise it has stored
# its answer.
_CLAIM = text("""
    INSERT INTO idempotency_keys (tenant_id, key, request_hash) VALUES (:tenant_id, :key, :request_hash)
    ON CONFLICT (tenant_id, key) DO NOTHING
    RETURNING key
""")
_FIND = text("""
    SELECT request_hash, status_code, response FROM idempotency_keys WHERE tenant_id = :tenant_id AND key = :key
""").columns(response=JSONB)
_KEEP = text("""
    UPDATE idempotency_keys SET status_code = :status_code, response = :response
     WHERE tenant_id = :tenant_id AND key = :key
""").bindparams(bindparam("response", type_=JSONB))


class Answered(NamedTuple):
    request_hash: bytes
    status_code: int
    response: Any


async def claim(session: WriteSession, key: str, request_hash: bytes) -> bool:
    """Whether this transaction has claimed the key. False: an earlier request has stored its answer under it."""
    parameters = {"tenant_id": session.tenant_id, "key": key, "request_hash": request_hash}
    return await session.scalar(_CLAIM, parameters) is not None


async def find(session: WriteSession, key: str) -> Answered:
    row = (await session.execute(_FIND, {"tenant_id": session.tenant_id, "key": key})).one()
    return Answered(row[0], row[1], row[2])


async def keep(session: WriteSession, key: str, status_code: int, response: Any) -> None:
    await session.execute(
        _KEEP,
        {"tenant_id": session.tenant_id, "key": key, "status_code": status_code, "response": response},
    )
