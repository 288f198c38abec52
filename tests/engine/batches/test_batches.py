"""Batches on real servers: a driver that is killed, commands for whole sequences, several tenants at once."""

import dataclasses
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from db.session import WriteSession
from services.access.api_keys import create_key
from services.batches.assigning import assign_sequence
from services.sequences import steering
from tests.programs import DEVNULL, Process, start_program
from tests.shared_servers import namespace_at
from tests.stage import Stage, new_tenant

EMAIL = {"key": "intro", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
DELAY = {"key": "wait", "type": "delay", "config": {"days": 3}}
FIRST_CHUNK = 50
KILLS_AT = (0.3, 0.6)
"""How far the batch has come when its driver is killed."""


async def campaign(stage: Stage, count: int) -> UUID:
    """A campaign with this number of leads."""
    async with stage.database.write(stage.tenant_id) as session:
        made = await session.scalar(
            text("INSERT INTO campaigns (tenant_id, name) VALUES (:t, 'Fair') RETURNING id"), {"t": stage.tenant_id}
        )
        await session.execute(
            text(
                "WITH made AS (INSERT INTO leads (tenant_id, email, first_name, company)"
                " SELECT :t, gen_random_uuid() || '@acme.example', 'Ada', 'Acme' FROM generate_series(1, :count)"
                " RETURNING id)"
                " INSERT INTO campaign_leads (tenant_id, campaign_id, lead_id) SELECT :t, :c, id FROM made"
            ),
            {"t": stage.tenant_id, "c": made, "count": count},
        )
    return made


async def one(stage: Stage, statement: str, **parameters: Any) -> Any:
    return (await stage.query(statement, **parameters))[0][0]


async def batch(stage: Stage) -> Any:
    """Returns the newest batch."""
    return (await stage.query("SELECT * FROM batches ORDER BY created_at DESC LIMIT 1"))[0]


async def until_done(stage: Stage) -> Any:
    async def done() -> bool:
        return (await batch(stage)).status == "done" and await one(stage, "SELECT count(*) FROM outbox") == 0

    await stage.until(done, "the batch is done and every signal of it is delivered")
    return await batch(stage)


async def set_sequence_status(session: WriteSession, sequence_id: UUID, status: str) -> None:
    """Does what `PUT /sequences/{id}` does. The first chunk is small, so that some work is left for the batch."""
    move = {
        "paused": steering.pause_sequence,
        "active": steering.resume_sequence,
        "archived": steering.archive_sequence,
    }[status]
    await session.execute(
        text("UPDATE sequences SET status = :status WHERE id = :id"), {"status": status, "id": sequence_id}
    )
    await move(session, sequence_id, first_chunk=FIRST_CHUNK)


async def set_status_and_dispatch(stage: Stage, sequence_id: UUID, status: str) -> None:
    async with stage.database.write(stage.tenant_id) as session:
        await set_sequence_status(session, sequence_id, status)
    stage.parts.dispatcher.kick(stage.tenant_id)


@asynccontextmanager
async def api_process(
    stage: Stage, database_url: str, temporal_address: str
) -> AsyncGenerator[tuple[Process, httpx.AsyncClient]]:
    """Runs `cadenza api` as a process. Yields a client with a key of the stage's tenant once the API answers."""
    port = free_port()
    process = await start_program(
        "api",
        environment={
            **os.environ,
            "CADENZA_DATABASE_URL": database_url,
            "CADENZA_API_PORT": str(port),
            "CADENZA_TASK_QUEUE": stage.task_queue,
            "TEMPORAL_ADDRESS": temporal_address,
            "TEMPORAL_NAMESPACE": namespace_at(temporal_address),
        },
        stderr=DEVNULL,
    )
    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="Test", scopes=["write"])).key
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{port}", headers=headers, trust_env=False) as http:

        async def answers() -> bool:
            try:
                return (await http.get("/healthz")).is_success
            except httpx.TransportError:
                return False

        try:
            await stage.until(answers, "the API answers")
            yield process, http
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()


@pytest.mark.long
async def test_a_killed_driver_loses_no_lead_and_enrolls_none_twice(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    count = 3_000
    sequence, fair = await stage.sequence([DELAY, EMAIL]), await campaign(stage, count)
    servers = (migrated_postgres.app_url, temporal_server.address)
    for turn_, share in enumerate(KILLS_AT):
        async with api_process(stage, *servers) as (process, http):
            if turn_ == 0:
                body = {"sequence_id": str(sequence)}
                answer = await http.post(f"/campaigns/{fair}/assign-sequence", json=body)
                assert (answer.status_code, answer.json()["total"]) == (202, count)
            else:
                await http.post("/sequences/process-queue", timeout=60)

            async def far_enough(least: float = share * count) -> bool:
                return (await batch(stage)).processed >= least

            await stage.until(far_enough, f"{share} of the leads")
            process.kill()
            await process.wait()
        assert (await batch(stage)).status == "running", "the driver was killed too late for this test"
        # Simulates that the dead driver's half-minute lease on the batch and the one-minute lease on its deliveries
        # have ended.
        await stage.query_write("UPDATE batches SET leased_until = now() - interval '1 second'")
        await stage.query_write("UPDATE outbox SET leased_until = NULL")
    await stage.parts.dispatcher.run(stage.tenant_id)
    over = await until_done(stage)
    assert (over.total, over.processed, over.accepted, over.skipped) == (count, count, count, {})
    assert await one(stage, "SELECT count(DISTINCT lead_id) FROM lead_sequence_state") == count
    assert await one(stage, "SELECT count(*) FROM sequence_execution_log WHERE event = 'enrolled'") == count
    assert await one(stage, "SELECT count(*) FROM lead_sequence_state WHERE status = 'active'") == count

    async def all_running() -> bool:
        return (await stage.client.count_workflows(f"TaskQueue = '{stage.task_queue}'")).count == count

    await stage.until(all_running, "Temporal runs each of them, once")


async def test_a_whole_sequence_is_paused_resumed_and_stopped(stage: Stage) -> None:
    count = 300
    sequence = await stage.sequence([DELAY, EMAIL])
    async with stage.database.write(stage.tenant_id) as session:
        await assign_sequence(session, await campaign(stage, count), sequence)
    stage.parts.dispatcher.kick(stage.tenant_id)
    await until_done(stage)
    for status, command, after in (
        ("paused", "pause", "paused"),
        ("active", "resume", "active"),
        ("archived", "stop", "stopped"),
    ):
        await set_status_and_dispatch(stage, sequence, status)
        # The send gate is closed, however much the batch still has to do: see `reserve_message`.
        assert await one(stage, "SELECT status FROM sequences") == status
        over = await until_done(stage)
        assert (over.kind, over.accepted) == (f"{command}_sequence", count)
        assert await one(stage, "SELECT count(*) FROM lead_sequence_state WHERE status = :after", after=after) == count
    assert await one(stage, "SELECT count(*) FROM lead_sequence_state WHERE stop_reason = 'sequence_archived'") == count

    async def all_closed() -> bool:
        query = f"TaskQueue = '{stage.task_queue}' AND ExecutionStatus = 'Running'"
        return (await stage.client.count_workflows(query)).count == 0

    await stage.until(all_closed, "every workflow has ended")


async def test_the_last_of_several_concurrent_commands_decides(stage: Stage) -> None:
    sequence = await stage.sequence([DELAY, EMAIL])
    leads = [await stage.lead() for _ in range(FIRST_CHUNK * 2)]
    enrollments = await stage.enroll(sequence, *leads)
    for status in ("paused", "active", "paused", "active", "paused"):
        await set_status_and_dispatch(stage, sequence, status)
    await until_done(stage)
    assert await one(stage, "SELECT count(*) FROM lead_sequence_state WHERE status = 'paused'") == len(enrollments)
    assert await one(stage, "SELECT count(*) FROM batches WHERE status NOT IN ('done', 'superseded')") == 0
    await set_status_and_dispatch(stage, sequence, "active")
    await until_done(stage)
    assert await one(stage, "SELECT count(*) FROM lead_sequence_state WHERE status = 'active'") == len(enrollments)
    for enrollment in (enrollments[0], enrollments[-1]):
        assert not (await stage.position(enrollment)).held


async def test_emails_that_came_due_during_a_pause_are_sent_one_by_one(stage: Stage) -> None:
    sequence = await stage.sequence([DELAY, EMAIL])
    leads = [await stage.lead() for _ in range(30)]
    enrollments = await stage.enroll(sequence, *leads)
    await stage.query_write("UPDATE lead_sequence_state SET next_action_at = clock_timestamp() - interval '1 minute'")
    await set_status_and_dispatch(stage, sequence, "paused")
    await until_done(stage)
    await set_status_and_dispatch(stage, sequence, "active")
    for enrollment in enrollments:
        await stage.until_status(enrollment, "completed")
    assert (len(stage.sink.received), stage.sink.duplicates()) == (30, [])
    last = await one(stage, "SELECT max((detail->>'next_action_at')::timestamptz) FROM sequence_execution_log")
    assert last - (await batch(stage)).created_at >= timedelta(seconds=2.9)


async def test_leads_of_another_tenant_advance_while_a_campaign_is_enrolled(stage: Stage) -> None:
    count = 4_000
    busy, sequence = stage, await stage.sequence([DELAY, EMAIL])
    quiet = dataclasses.replace(stage, tenant_id=await new_tenant(stage.database))
    hello = await quiet.sequence([EMAIL])
    async with busy.database.write(busy.tenant_id) as session:
        await assign_sequence(session, await campaign(busy, count), sequence, first_chunk=100)
    busy.parts.dispatcher.kick(busy.tenant_id)
    for number in range(3):
        await quiet.enroll(hello, await quiet.lead(), dispatch=False)
        quiet.parts.dispatcher.kick(quiet.tenant_id)
        await quiet.until_sent(number + 1)
    untold = await one(busy, "SELECT count(*) FROM outbox")
    assert (await batch(busy)).processed - untold < count, "the busy tenant was done first, so the test proves nothing"


async def test_temporal_serves_tenants_in_turns(stage: Stage) -> None:
    """A restarted worker finds a hundred tasks of one tenant in the queue and, behind them, one task of another
    tenant."""
    await stage.stop_worker()
    busy, quiet = stage, dataclasses.replace(stage, tenant_id=await new_tenant(stage.database))
    sequence, hello = await busy.sequence([EMAIL]), await quiet.sequence([EMAIL])
    await busy.enroll(sequence, *[await busy.lead() for _ in range(120)])
    last = await quiet.lead()
    await quiet.enroll(hello, last)
    await stage.start_worker()
    await stage.until_sent(121)
    arrived = [one.to for one in stage.sink.received]
    assert arrived.index((await quiet.lead_row(last)).email) < 60
