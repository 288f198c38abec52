"""Leads arrive through the API in small waves: either a file is imported and its campaign assigned, or leads are
created one by one and enrolled."""

import asyncio
import random
import time
from dataclasses import dataclass
from uuid import UUID, uuid4

from bench.soak.leads import ApiCaller, LeadReactions

WAVE_SECONDS = 2.0
PAGE = 200


@dataclass(frozen=True)
class Destination:
    sequence_id: UUID
    weight: float


class Arrivals:
    def __init__(self, caller: ApiCaller, reactions: LeadReactions) -> None:
        self._caller, self._reactions = caller, reactions
        self._dice = random.Random(5)
        self.waves = 0
        self.arrived = 0

    async def steady(self, per_second: float, seconds: float, destinations: list[Destination]) -> None:
        """Open loop: each wave starts at its planned time, whether or not earlier ones are done."""
        began, sent, waves = time.monotonic(), 0, 0
        while waves * WAVE_SECONDS < seconds:
            due = round(per_second * WAVE_SECONDS * (waves + 1))
            self._caller.begin(self.wave(due - sent, destinations))
            sent, waves = due, waves + 1
            await asyncio.sleep(began + waves * WAVE_SECONDS - time.monotonic())

    async def wave(self, size: int, destinations: list[Destination]) -> None:
        """Enrolls `size` new leads in one sequence. Returns when the API has accepted them."""
        if not size:
            return
        self.waves += 1
        number, by_file = self.waves, self.waves % 2 == 0
        (to,) = self._dice.choices(destinations, [one.weight for one in destinations])
        emails = [f"ada-{place}@w{number}-{uuid4().hex[:12]}.example" for place in range(size)]
        if by_file:
            await self._import(emails, number, to)
        else:
            await self._create(emails, to)

    async def _import(self, emails: list[str], number: int, to: Destination) -> None:
        rows = "".join(f"{email},Ada,Lovelace,Acme {number}\n" for email in emails)
        file = f"email,first_name,last_name,company\n{rows}".encode()
        await self._caller.ask("import", "POST", "/leads/import", content=file, headers={"content-type": "text/csv"})
        found = await self._find(emails)
        self._know(found)
        campaign = await self._caller.ask("campaign", "POST", "/campaigns", json={"name": f"Wave {number}"})
        lead_ids = list(found.values())
        path = f"/campaigns/{campaign['id']}"
        await self._caller.ask("campaign leads", "POST", f"{path}/leads", json={"lead_ids": lead_ids})
        body = {"sequence_id": str(to.sequence_id)}
        await self._caller.ask("assign", "POST", f"{path}/assign-sequence", json=body)

    async def _create(self, emails: list[str], to: Destination) -> None:
        made = [await self._caller.ask("lead", "POST", "/leads", json=_lead(email)) for email in emails]
        self._know({one["email"]: one["id"] for one in made})
        body = {"sequence_id": str(to.sequence_id), "lead_ids": [one["id"] for one in made]}
        headers = {"Idempotency-Key": str(uuid4())}
        await self._caller.ask("enroll", "POST", "/leads/enroll-in-sequence", json=body, headers=headers)

    async def _find(self, emails: list[str]) -> dict[str, str]:
        """Returns the leads' IDs by address. Pages through the list of leads, newest first, as a user would."""
        wanted, found, path = set(emails), dict[str, str](), f"/leads?limit={PAGE}"
        while len(found) < len(wanted):
            listed = await self._caller.ask("leads", "GET", path)
            found |= {one["email"]: one["id"] for one in listed["items"] if one["email"] in wanted}
            path = f"/leads?limit={PAGE}&cursor={listed['next_cursor']}"
        return found

    def _know(self, found: dict[str, str]) -> None:
        self.arrived += len(found)
        self._reactions.lead_ids |= {email: UUID(lead_id) for email, lead_id in found.items()}


def _lead(email: str) -> dict[str, str]:
    return {"email": email, "first_name": "Ada", "last_name": "Lovelace", "company": "Acme"}
