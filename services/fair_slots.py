"""A few slots that tenants share in turns: one that wants ten thousand does not keep another's one waiting."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID


class FairSlots:
    """At most `count` at a time, of this process. Whoever waits is served by tenant in turns, then by arrival."""

    def __init__(self, count: int) -> None:
        self._free = count
        # In the order of their turns.
        self._waiting: dict[UUID, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def slot(self, tenant_id: UUID) -> AsyncGenerator[None]:
        await self._take(tenant_id)
        try:
            yield
        finally:
            self._give_back()

    async def _take(self, tenant_id: UUID) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # Given a slot in the moment of giving up: it is the next one's.
            if turn.done() and not turn.cancelled():
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            tenant_id, turns = next(iter(self._waiting.items()))
            turn = turns.popleft()
            del self._waiting[tenant_id]
            if turns:
                self._waiting[tenant_id] = turns  # at the end of the line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
