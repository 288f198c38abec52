"""The tenant's users: an open dashboard, and edits of a sequence."""

import asyncio
import itertools
from uuid import UUID

from bench.soak.leads import ApiCaller

LOOK_SECONDS = 5.0
EDITS_PER_RETIMING = 3
"""Every third edit changes the delay (1 or 2 minutes); the others change the text."""


class TenantUsers:
    def __init__(self, caller: ApiCaller, edited: UUID, asleep: UUID) -> None:
        self._caller, self._edited, self._asleep = caller, edited, asleep
        self.published = 0

    async def watch(self) -> None:
        """Requests the pages of a dashboard until it is cancelled."""
        pages = [
            f"/sequences/{one}/{what}" for one in (self._edited, self._asleep) for what in ("analytics", "executions")
        ]
        pages += [
            "/enrollments?limit=50",
            f"/enrollments?sequence_id={self._edited}&status=active",
            "/leads",
            "/batches",
        ]
        for page in itertools.cycle(pages):
            listed = await self._caller.ask("look", "GET", page)
            if page.startswith("/enrollments") and listed and listed["items"]:
                one = listed["items"][0]
                await self._caller.ask("explain", "GET", f"/enrollments/{one['id']}/explain")
                await self._caller.ask("timeline", "GET", f"/leads/{one['lead_id']}/timeline")
            await asyncio.sleep(LOOK_SECONDS)

    async def edit(self, every_seconds: float) -> None:
        """Edits and publishes the sequence, until it is cancelled."""
        for number in itertools.count(1):
            await asyncio.sleep(every_seconds)
            steps = f"/sequences/{self._edited}/steps"
            if number % EDITS_PER_RETIMING == 0:
                config = {"minutes": 2 - number // EDITS_PER_RETIMING % 2}
                await self._caller.ask("edit", "PUT", f"{steps}/wait", json={"config": config})
            else:
                config = {
                    "subject": f"Question {number} about {{{{company}}}}",
                    "body_text": "Hi {{name}}, who looks after it?",
                }
                await self._caller.ask("edit", "PUT", f"{steps}/intro", json={"config": config})
            await self._caller.ask("publish", "POST", f"/sequences/{self._edited}/publish")
            self.published += 1

    async def halt(self, every_seconds: float, for_seconds: float) -> None:
        """Pauses and resumes the sequence with the sleeping leads, until it is cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            await self._caller.ask("halt", "PUT", f"/sequences/{self._asleep}", json={"status": "paused"})
            await asyncio.sleep(for_seconds)
            await self._caller.ask("go on", "PUT", f"/sequences/{self._asleep}", json={"status": "active"})
