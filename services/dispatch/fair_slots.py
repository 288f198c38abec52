"""A few slots that tenants share in turn: a tenant with ten thousand requests does not delay a tenant with one."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID


class FairSlots:
    """At most `limit` holders at a time in this process. Tenants are served in turn, and one tenant's requests in their
    order of arrival."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """May change at any time. Holders keep their slots."""
        self._taken = 0
        # Tenants in the order of their turns, each with its waiting requests.
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
            # The slot was granted in the moment of the cancellation: pass it on.
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
                self._waiting[tenant_id] = turns  # the tenant goes to the end of the queue
            if not turn.done():
                turn.set_result(None)
                self._taken += 1
