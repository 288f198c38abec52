"""Postgres fails over while leads are sent and the API is called: connections cut, the server gone, then read-only.

Expected: a write is refused as 503 with a code and `Retry-After`, never 500; what was answered with 2xx is there;
the workers try again without using up the steps' own attempts; every email leaves once; no pool keeps what is dead.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from activities import attempts
from cadenza.embedded import EmbeddedPostgres, EmbeddedTemporal
from services.keys import create_key
from tests.api_process import running_api
from tests.own_postgres import crash, cut_connections, own_postgres, set_read_only
from tests.stage import Stage
from tests.stage import stage as set_up

EMAIL = {"key": "first", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
TAG = {"key": "tag", "type": "action", "config": {"action": "tag_lead", "add": ["mailed"]}}


@pytest.fixture(scope="module")
async def postgres(server_folder: Path) -> AsyncGenerator[EmbeddedPostgres, None]:
    async with own_postgres(server_folder / "failover") as server:
        yield server


@dataclass
class Caller:
    """Somebody who uses the API all the while, and keeps what it answered."""

    http: httpx.AsyncClient
    answers: Counter[tuple[int, str]] = field(default_factory=Counter[tuple[int, str]])
    created: list[str] = field(default_factory=list[str])

    async def create_lead(self) -> tuple[int, str]:
        email = f"made-{sum(self.answers.values())}@made.example"
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
        async with asyncio.timeout(30):
            while await self.create_lead() != (status, code):
                await asyncio.sleep(0.05)


async def _caller(stage: Stage, url: str) -> Caller:
    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="failover", scopes=["admin", "write", "read"])).key
    return Caller(httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60))


async def test_connections_are_cut_and_the_server_crashes_under_load(
    postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    async with (
        set_up(postgres.app_url, temporal_server.address) as stage,
        running_api(postgres, temporal_server) as url,
    ):
        caller = await _caller(stage, url)
        sequence = await stage.sequence([EMAIL, TAG])
        leads = [await stage.lead() for _ in range(30)]
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
        for enrollment in enrollments:
            state = await stage.until_status(enrollment, "completed", within_seconds=60)
            assert state.error is None
        unknown = {row.lead_id for row in await stage.query("SELECT lead_id FROM messages WHERE status = 'unknown'")}
        rows = await stage.query("SELECT email FROM leads WHERE email LIKE 'made-%'")

        assert stage.sink.duplicates() == []
        assert len(stage.sink.received) == 30
        # The worker lived through it all, and knows of each message whether it left.
        assert unknown == set()
        assert set(caller.answers) <= {(201, ""), (503, "unavailable")}
        assert {*caller.created} <= {row.email for row in rows}
        await caller.http.aclose()


async def _call_until_cancelled(caller: Caller) -> None:
    while True:
        await caller.create_lead()
        await asyncio.sleep(0.02)


async def test_while_postgres_takes_no_writes_nothing_is_lost_and_no_attempt_is_used_up(
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
        await set_read_only(postgres, True)
        try:
            await caller.until(503, "database_read_only")
            assert (await caller.http.get("/leads")).status_code == 200
            # The server takes the message now, and that cannot be recorded yet.
            stage.sink.gate.set()
            # Another lead's step is due now.
            await set_read_only(postgres, False)
            await caller.until(201)
            (second,) = await stage.enroll(sequence, waiting, dispatch=False)
            stage.sink.gate.clear()
            await set_read_only(postgres, True)
            await caller.until(503, "database_read_only")
        finally:
            await set_read_only(postgres, False)
    assert first and second
