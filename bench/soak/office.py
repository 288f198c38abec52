"""The tenant's own people: a dashboard that is left open, and a sequence that somebody keeps improving."""

import asyncio
import itertools
from uuid import UUID

from bench.soak.people import Desk

LOOK_SECONDS = 5.0
EDITS_PER_RETIMING = 3
"""One of so many edits makes the wait shorter, or longer again; the others change words."""


class Office:
    def __init__(self, desk: Desk, edited: UUID, asleep: UUID) -> None:
        self._desk, self._edited, self._asleep = desk, edited, asleep
        self.published = 0

    async def watch(self) -> None:
        """Until it is cancelled."""
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
            listed = await self._desk.ask("look", "GET", page)
            if page.startswith("/enrollments") and listed and listed["items"]:
                one = listed["items"][0]
                await self._desk.ask("explain", "GET", f"/enrollments/{one['id']}/explain")
                await self._desk.ask("timeline", "GET", f"/leads/{one['lead_id']}/timeline")
            await asyncio.sleep(LOOK_SECONDS)

    async def edit(self, every_seconds: float) -> None:
        """Until it is cancelled."""
        for number in itertools.count(1):
            await asyncio.sleep(every_seconds)
            steps = f"/sequences/{self._edited}/steps"
            if number % EDITS_PER_RETIMING == 0:
                config = {"minutes": 2 - number // EDITS_PER_RETIMING % 2}
                await self._desk.ask("edit", "PUT", f"{steps}/wait", json={"config": config})
            else:
                config = {
                    "subject": f"Question {number} about {{{{company}}}}",
                    "body_text": "Hi {{name}}, who looks after it?",
                }
                await self._desk.ask("edit", "PUT", f"{steps}/intro", json={"config": config})
            await self._desk.ask("publish", "POST", f"/sequences/{self._edited}/publish")
            self.published += 1

    async def halt(self, every_seconds: float, for_seconds: float) -> None:
        """Pauses the sequence of those that sleep, and lets it go on. Until it is cancelled."""
        while True:
            await asyncio.sleep(every_seconds)
            await self._desk.ask("halt", "PUT", f"/sequences/{self._asleep}", json={"status": "paused"})
            await asyncio.sleep(for_seconds)
            await self._desk.ask("go on", "PUT", f"/sequences/{self._asleep}", json={"status": "active"})
