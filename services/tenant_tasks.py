"""Work that is done in the background of a process, one task for each tenant, whenever somebody kicks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class Kicked:
    def __init__(self, name: str, work: Callable[[UUID], Awaitable[bool]]) -> None:
        """`work` does all that there is to do for a tenant and answers whether it succeeded; if it did not, or
        raises, it is called again a little later."""
        self._name = name
        self._work = work
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._asked_again: set[UUID] = set()

    def kick(self, tenant_id: UUID) -> None:
        """Has the work done at once. A kick while it is running makes it run once more: what was committed
        meanwhile is not left behind."""
        if tenant_id in self._running:
            self._asked_again.add(tenant_id)
            return
        self._running[tenant_id] = asyncio.create_task(self._until_done(tenant_id), name=f"{self._name} {tenant_id}")

    async def aclose(self) -> None:
        """Ends what is under way."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _until_done(self, tenant_id: UUID) -> None:
        while True:
            self._asked_again.discard(tenant_id)
            try:
                succeeded = await self._work(tenant_id)
            except Exception:
                # Everything is safe in Postgres: this task must live on to try again.
                log.exception("%s of tenant %s failed", self._name, tenant_id)
                succeeded = False
            if not succeeded:
                await asyncio.sleep(RETRY_SECONDS)
            elif tenant_id not in self._asked_again:
                # In the same breath as the question: a kick that comes next finds nobody running.
                del self._running[tenant_id]
                return
