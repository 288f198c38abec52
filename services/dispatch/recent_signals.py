"""Which workflows were signalled recently. A signal costs a billable action and events; looking costs nothing."""

import asyncio
from collections import OrderedDict
from uuid import UUID

KEPT = 10_000


class RecentSignals:
    """Kept by one process. After `again_after_seconds` a workflow is signalled again, because Temporal may have been
    restored from a backup since."""

    def __init__(self, again_after_seconds: float) -> None:
        self._again_after = again_after_seconds
        # The oldest first.
        self._told: OrderedDict[tuple[UUID, int], float] = OrderedDict()

    def has(self, enrollment_id: UUID, revision: int) -> bool:
        now = asyncio.get_running_loop().time()
        while self._told and (next(iter(self._told.values())) < now - self._again_after or len(self._told) > KEPT):
            self._told.popitem(last=False)
        return (enrollment_id, revision) in self._told

    def add(self, enrollment_id: UUID, revision: int) -> None:
        """Keeps the time of the first signal."""
        self._told.setdefault((enrollment_id, revision), asyncio.get_running_loop().time())
