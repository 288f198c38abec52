"""Background work of one process: at most one task for each tenant, started by `kick`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class TenantTasks:
    def __init__(self, name: str, work: Callable[[UUID], Awaitable[bool]]) -> None:
        """`work` does everything that is to be done for one tenant and returns whether it succeeded.

        When it returns False or raises, it is called again after `RETRY_SECONDS`.
        """
        self._name = name
        self._work = work
        self._running: dict[UUID, asyncio.Task[None]] = {}
        self._asked_again: set[UUID] = set()

    def kick(self, tenant_id: UUID) -> None:
        """Starts the work now. While it already runs, it runs once more afterwards, so that rows that were committed
        in between are not missed."""
        if tenant_id in self._running:
            self._asked_again.add(tenant_id)
            return
        self._running[tenant_id] = asyncio.create_task(self._until_done(tenant_id), name=f"{self._name} {tenant_id}")

    async def aclose(self) -> None:
        """Cancels the running tasks and waits for them."""
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
                # The rows are safe in Postgres. The task must survive, because only it tries again.
                log.exception("%s of tenant %s failed", self._name, tenant_id)
                succeeded = False
            if not succeeded:
                await asyncio.sleep(RETRY_SECONDS)
            elif tenant_id not in self._asked_again:
                # No await between this question and the removal: the next kick must find no running task.
                del self._running[tenant_id]
                return
