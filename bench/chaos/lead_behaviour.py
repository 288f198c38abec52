"""The leads and a user: each lead acts when the email of its fate has arrived, through the API only."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bench.chaos.fates import ACTS_AFTER, Fate, Role, email_of
from bench.chaos.retrying_client import RetryingClient
from bench.chaos.smtp_sink import SinkEvent, read_journal
from db.session import Database

POLL_SECONDS = 0.1
PAUSED_SECONDS = ABSENT_SECONDS = 3.0
OPERATOR_SECONDS = 2.0
CONFLICT = 409

# Ends an absence early, so that the run need not wait until tomorrow. The API cannot do that.
_BACK = text("""
    WITH back AS (
        UPDATE lead_sequence_state SET hold_until = now(), next_action_at = now(), revision = revision + 1
         WHERE tenant_id = :tenant_id AND lead_id = :lead_id AND hold_until > now() AND status IN ('active', 'pending')
        RETURNING id)
    INSERT INTO outbox (tenant_id, enrollment_id, command) SELECT :tenant_id, id, 'plan_changed' FROM back
""")


@dataclass(frozen=True, slots=True)
class ActingLead:
    role: Role
    lead_id: UUID


class LeadBehaviour:
    def __init__(self, actors: list[ActingLead], client: RetryingClient, database: Database, tenant_id: UUID) -> None:
        self.answered: dict[str, float] = {}
        """By email address: when the API had answered the lead's action with 2xx, in Unix seconds."""
        self._actors = {one.role.email: one for one in actors}
        self._client, self._database, self._tenant_id = client, database, tenant_id
        self._acting: dict[str, asyncio.Task[None]] = {}

    async def live(self, journal: Path) -> None:
        """Reads arrivals and acts, until it is cancelled. Raises the first error of an action."""
        while True:
            for one in read_journal(await asyncio.to_thread(journal.read_text)):
                self._heard(one)
            for task in self._acting.values():
                if task.done():
                    task.result()
            await asyncio.sleep(POLL_SECONDS)

    def aclose(self) -> None:
        for task in self._acting.values():
            task.cancel()

    @property
    def are_done(self) -> bool:
        return all(task.done() for task in self._acting.values())

    def _heard(self, one: SinkEvent) -> None:
        actor = self._actors.get(one.to)
        if one.did != "taken" or actor is None or one.to in self._acting:
            return
        if ACTS_AFTER.get(actor.role.fate) == email_of(one.subject):
            self._acting[one.to] = asyncio.create_task(self._act(actor))

    async def _act(self, actor: ActingLead) -> None:
        match actor.role.fate:
            case Fate.OPENS:
                await self._event(actor, "open")
            case Fate.CLICKS:
                await self._event(actor, "open")
                await self._event(actor, "click", url="https://example.com/")
            case Fate.OPENED_BY_MACHINE:
                await self._event(actor, "open", machine=True)
            case Fate.REPLIES_TO_INTRO | Fate.REPLIES_TO_FOLLOW_UP:
                await self._event(actor, "reply")
            case Fate.UNSUBSCRIBES:
                await self._event(actor, "unsubscribe")
            case Fate.OUT_OF_OFFICE:
                tomorrow = datetime.now(UTC).date() + timedelta(days=1)
                await self._event(actor, "auto_reply", returns_on=tomorrow.isoformat())
                await asyncio.sleep(ABSENT_SECONDS)
                await self._is_back(actor)
            case Fate.PAUSED:
                await self._client.ask("POST", f"/leads/{actor.lead_id}/pause-sequence")
                await asyncio.sleep(PAUSED_SECONDS)
                await self._client.ask("POST", f"/leads/{actor.lead_id}/resume-sequence")
            case Fate.STOPPED:
                await self._client.ask("POST", f"/leads/{actor.lead_id}/stop-sequence")
            case Fate.SILENT | Fate.BOUNCES:
                raise AssertionError("these leads do not act")
        self.answered[actor.role.email] = datetime.now(UTC).timestamp()

    async def _event(self, actor: ActingLead, kind: str, **more: object) -> None:
        body = {"type": kind, "event_id": f"{kind} of {actor.lead_id}", **more}
        await self._client.ask("POST", f"/leads/{actor.lead_id}/events", body)

    async def _is_back(self, actor: ActingLead) -> None:
        while True:
            try:
                async with self._database.write(self._tenant_id) as session:
                    await session.execute(_BACK, {"tenant_id": self._tenant_id, "lead_id": actor.lead_id})
                break
            except (DBAPIError, OSError):
                await asyncio.sleep(POLL_SECONDS)
        await self._client.ask("POST", "/sequences/process-queue")


class Operator:
    """A user who looks at failed enrollments and resumes them."""

    def __init__(self, client: RetryingClient, sequence_id: UUID) -> None:
        self.resumed = 0
        self._client, self._sequence_id = client, sequence_id

    async def work(self) -> None:
        """Resumes failed enrollments, until it is cancelled."""
        path = f"/enrollments?sequence_id={self._sequence_id}&status=failed&limit=200"
        while True:
            for one in (await self._client.ask("GET", path))["items"]:
                try:
                    await self._client.ask("POST", f"/leads/{one['lead_id']}/resume-sequence")
                    self.resumed += 1
                except httpx.HTTPStatusError as refused:
                    if refused.response.status_code != CONFLICT:  # the lead has acted meanwhile
                        raise
            await asyncio.sleep(OPERATOR_SECONDS)
