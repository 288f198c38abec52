"""A few slots that tenants share in turns: one that wants ten thousand does not keep another's one waiting."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID


class FairSlots:
    """At most `limit` at a time, of this process. Whoever waits is served by tenant in turns, then by arrival."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """May be changed at any time; whoever has a slot keeps it."""
        self._taken = 0
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
        if self._taken < self.limit and not self._waiting:
            self._taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(turn)
        self._serve()
        try:
            await turn
        except asyncio.CancelledError:
            # Given a slot in the moment of giving up: it is the next one's.
            if turn.done() and not turn.cancelled():
                self._give_back()
            raise

    def _give_back(self) -> None:
        self._taken -= 1
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self._taken < self.limit:
            tenant_id = next(iter(self._waiting))
            turns = self._waiting.pop(tenant_id)
            turn = turns.popleft()
            if turns:
                self._waiting[tenant_id] = turns  # at the end of the line
            if not turn.done():
                turn.set_result(None)
                self._taken += 1
