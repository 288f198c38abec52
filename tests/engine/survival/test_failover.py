"""Postgres fails over while emails are sent and the API is called: connections cut, server gone, then read-only.

Expected: a write is refused as 503 with a code and `Retry-After`, never 500. Everything confirmed with 2xx is there.
The workers retry without using up the attempts of the steps. Every email is sent once. No pool keeps a dead connection.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from activities import attempts
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from db.call_pool import Call
from db.session import Database
from domain.engine.contracts import Directive
from services.access.api_keys import create_key
from tests.api_process import running_api
from tests.own_postgres import crash, cut_connections, own_postgres, set_read_only
from tests.stage import Stage
from tests.stage import stage as set_up
from workflows.gateway import EnrollmentToStart

EMAIL = {"key": "first", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
_PID = "SELECT pg_backend_pid()"
TAG = {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["mailed"]}}


@pytest.fixture(scope="module")
async def postgres(server_folder: Path) -> AsyncGenerator[EmbeddedPostgres, None]:
    async with own_postgres(server_folder / "failover", durable=True) as server:
        yield server


@dataclass
class Caller:
    """A client that calls the API all the time and keeps its responses."""

    http: httpx.AsyncClient
    answers: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    created: list[str] = field(default_factory=list[str])
    _numbers: Iterator[int] = field(default_factory=count)

    async def create_lead(self) -> tuple[int, str]:
        email = f"made-{next(self._numbers)}@made.example"
        response = await self.http.post("/leads", json={"email": email, "first_name": "Ada"})
        code = ""
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json", response.text
            code = response.json()["code"]
        if response.status_code == 503:
            assert int(response.headers["Retry-After"]) > 0
        if response.status_code == 201:
            self.created.append(email)
        self.answers[response.status_code, code] += 1
        return response.status_code, code

    async def until(self, status: int, code: str = "") -> None:
        """Calls until this is the response. Fails with a message if it does not come."""
        for _ in range(600):
            if await self.create_lead() == (status, code):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"the API never answered {status} {code}: {self.answers}")


async def _caller(stage: Stage, url: str) -> Caller:
    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="failover", scopes=["admin", "write", "read"])).key
    return Caller(httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60))


async def test_cut_connections_and_a_crash_under_load_lose_nothing(
    postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    async with (
        set_up(postgres.app_url, temporal_server.address) as stage,
        running_api(postgres, temporal_server) as url,
    ):
        caller = await _caller(stage, url)
        sequence = await stage.sequence([EMAIL, TAG])
        leads = [await stage.lead() for _ in range(20)]
        calling = asyncio.create_task(_call_until_cancelled(caller))
        enrollments = await stage.enroll(sequence, *leads)
        await stage.until_sent(5)
        assert await cut_connections(postgres) > 0
        await stage.until_sent(10)
        await crash(postgres)
        await caller.until(503, "unavailable")
        await postgres.start()
        await caller.until(201)
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
        for enrollment in enrollments:
            state = await stage.until_status(enrollment, "completed", within_seconds=60)
            assert state.error is None
        unknown = {row.lead_id for row in await stage.query("SELECT lead_id FROM messages WHERE status = 'unknown'")}
        rows = await stage.query("SELECT email FROM leads WHERE email LIKE 'made-%'")

        assert stage.sink.duplicates() == []
        assert len(stage.sink.received) == 20
        # The worker survived all of it, and knows of each message whether it was sent.
        assert unknown == set()
        assert set(caller.answers) <= {(201, ""), (503, "unavailable")}
        assert {*caller.created} <= {row.email for row in rows}
        await caller.http.aclose()


async def _call_until_cancelled(caller: Caller) -> None:
    while True:
        await caller.create_lead()
        await asyncio.sleep(0.02)


async def test_a_read_only_postgres_loses_nothing_and_uses_up_no_attempt(
    postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "STEP_ATTEMPTS", 2)
    async with (
        set_up(postgres.app_url, temporal_server.address) as stage,
        running_api(postgres, temporal_server) as url,
    ):
        caller = await _caller(stage, url)
        sequence, handed_over, waiting = await stage.sequence([EMAIL, TAG]), await stage.lead(), await stage.lead()
        stage.sink.gate.clear()
        (first,) = await stage.enroll(sequence, handed_over)
        await asyncio.wait_for(stage.sink.at_gate.wait(), 30)
        (second,) = await stage.enroll(sequence, waiting, dispatch=False)
        await set_read_only(postgres, True)
        try:
            await caller.until(503, "database_read_only")
            assert (await caller.http.get("/leads")).status_code == 200
            # A message is accepted and cannot be recorded; and another lead's step is due.
            stage.sink.gate.set()
            await _start(stage, second)
            await stage.until(lambda: _attempts(stage, second, 3), "the step has failed as often as it has attempts")
            assert (await stage.state(second)).status == "pending"
        finally:
            await set_read_only(postgres, False)
        # Its first own failure does not exhaust its attempts, whatever the outage cost.
        stage.sink.answers = ["451 4.7.1 greylisted, try later"]
        await caller.until(201)
        for enrollment in (first, second):
            await stage.until_status(enrollment, "completed", within_seconds=60)
        assert sorted(one.to for one in stage.sink.received) == sorted(
            [(await stage.lead_row(handed_over)).email, (await stage.lead_row(waiting)).email]
        )
        assert {row.status for row in await stage.query("SELECT status FROM messages")} == {"sent"}
        assert caller.answers.keys() == {(201, ""), (503, "database_read_only")}
        await caller.http.aclose()


async def _start(stage: Stage, enrollment_id: UUID) -> None:
    """A process that can still read starts the workflow. The outbox row stays, and is settled later."""
    state = await stage.state(enrollment_id)
    await stage.parts.gateway.start(
        EnrollmentToStart(
            tenant_id=stage.tenant_id,
            enrollment_id=enrollment_id,
            sequence_id=state.sequence_id,
            lead_id=state.lead_id,
            campaign_id=None,
            sequence_name="Cold outreach",
            first=Directive(
                revision=state.revision,
                status=state.status,
                step_id=state.current_step_id,
                step_key="first",
                step_type="email",
                due_at=state.next_action_at,
            ),
        )
    )


async def _attempts(stage: Stage, enrollment_id: UUID, number: int) -> bool:
    described = await stage.handle(enrollment_id).describe()
    return any(one.attempt >= number for one in described.raw_description.pending_activities)


async def test_a_pool_drops_connections_that_are_dead_or_read_only(postgres: EmbeddedPostgres) -> None:
    database = Database(postgres.app_url)
    call, one = Call("SELECT 1"), text("SELECT 1")

    async def ten_at_once() -> list[Any]:
        calls = [database.calls.value(call, {}) for _ in range(10)]
        return await asyncio.gather(*calls, *(database.rows(one, {}) for _ in range(10)), return_exceptions=True)

    try:
        assert not _failures(await ten_at_once())
        assert await cut_connections(postgres) >= 2
        # A connection that noticed nothing yet fails once. The next use of each pool gets a new connection.
        assert all(isinstance(failed, DBAPIError) for failed in _failures(await ten_at_once()))
        assert not _failures(await ten_at_once())

        before = await _backends(database)
        await set_read_only(postgres, True)
        with pytest.raises(DBAPIError):
            await database.calls.value(Call("CREATE TABLE nothing ()"), {})
        with pytest.raises(DBAPIError):
            await database.rows(text("CREATE TABLE nothing ()"), {})
        await set_read_only(postgres, False)
        assert before.isdisjoint(await _backends(database))
    finally:
        await database.aclose()


def _failures(answers: list[Any]) -> list[BaseException]:
    return [answer for answer in answers if isinstance(answer, BaseException)]


async def _backends(
    database: Database,
) -> set[int]:
    """Returns the Postgres process that each pool uses next."""
    (row,) = await database.rows(text(_PID), {})
    return {await database.calls.value(Call(_PID), {}), row[0]}
