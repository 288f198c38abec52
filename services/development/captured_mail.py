"""Development only: the captured mail, filtered for one tenant. The capture itself knows no tenants."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from db.queries.engine.sent import own_message_ids
from db.session import ReadSession
from domain.errors import NotFound
from mail.capture.store import CapturedMessage, CaptureStore
from services.paging import InvalidCursor, Page, PageRequest, cut, decode_cursor

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Captured:
    message: CapturedMessage
    raw: bytes


async def list_captured(
    session: ReadSession, store: CaptureStore | None, page: PageRequest, to: str | None
) -> Page[CapturedMessage]:
    """The tenant's captured mail, the newest first. `to` filters by one recipient's address. Raises InvalidCursor."""
    before = None if page.cursor is None else decode_cursor(page.cursor, _read_cursor)
    found: list[CapturedMessage] = []
    while store is not None and len(found) <= page.limit:
        batch = await asyncio.to_thread(store.list, _BATCH, before)
        found += [message for message in await _own(session, batch) if to is None or _is_to(message, to)]
        if len(batch) < _BATCH:
            break
        before = batch[-1].id
    return cut(found, page.limit, lambda message: ["captured", message.id])


async def get_captured(session: ReadSession, store: CaptureStore | None, captured_id: str) -> Captured:
    """Raises NotFound, also for another tenant's mail."""
    if store is not None:
        message = await asyncio.to_thread(store.get, captured_id)
        raw = await asyncio.to_thread(store.raw, captured_id)
        if message is not None and raw is not None and await _own(session, [message]):
            return Captured(message, raw)
    raise NotFound(f"there is no captured message {captured_id}")


async def _own(session: ReadSession, messages: Sequence[CapturedMessage]) -> list[CapturedMessage]:
    own = await own_message_ids(session, [message.message_id for message in messages if message.message_id])
    return [message for message in messages if message.message_id in own]


def _is_to(message: CapturedMessage, address: str) -> bool:
    return address.strip().lower() in (recipient.lower() for recipient in message.to)


def _read_cursor(parts: list[object]) -> str:
    name, captured_id = parts
    if name != "captured" or not isinstance(captured_id, str):
        raise InvalidCursor
    return captured_id
