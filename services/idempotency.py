"""A request that is sent twice with one Idempotency-Key is carried out once and answered twice.

The claim, the work and the stored answer are one transaction. Of two requests at the same time, one waits for the
other. A rejected request leaves no trace, so that it may be corrected and sent again with its key.
"""

from dataclasses import dataclass
from typing import Any

from db.queries import idempotency as queries
from db.session import WriteSession
from domain.errors import IdempotencyConflict


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    status_code: int
    body: Any
    """JSON."""


async def claim(session: WriteSession, key: str, request_hash: bytes) -> KeptAnswer | None:
    """The earlier answer. None means that the caller carries the request out and calls `keep`.

    Raises IdempotencyConflict when the key was used for another request.
    """
    if await queries.claim(session, key, request_hash):
        return None
    answered = await queries.find(session, key)
    if answered.request_hash != request_hash:
        raise IdempotencyConflict("use a new key for a new request")
    return KeptAnswer(answered.status_code, answered.response)


async def keep(session: WriteSession, key: str, answer: KeptAnswer) -> None:
    await queries.keep(session, key, answer.status_code, answer.body)
