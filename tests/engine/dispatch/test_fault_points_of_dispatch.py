"""A process dies between a commit and the message to Temporal: another process delivers it, and nothing arrives
twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import httpx
import pytest
from temporalio.service import RPCError

from cadenza.embedded.ports import LOOPBACK, free_port
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from services.access.api_keys import create_key
from services.fault_points import FaultPoint
from tests.engine.performing.test_add_to_campaign import campaign, move
from tests.part_process import PATIENCE_SECONDS, has_died, part
from tests.programs import Process
from tests.stage import Stage
from workflows.maintenance import ProcessQueueWorkflow

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello {{company}}", "body_text": "Hi {{name}}"}}
READY_SECONDS = 300.0
PASS_SECONDS = 180.0
"""Well below the five minutes that one attempt may take."""


def armed(point: FaultPoint) -> dict[str, str]:
    return {"CADENZA_DEV": "true", "CADENZA_FAULT_POINT": point.value}


@asynccontextmanager
async def api(
    stage: Stage, key: str, database_url: str, temporal_address: str, **settings: str
) -> AsyncGenerator[tuple[Process, httpx.AsyncClient]]:
    """Yields the API process and a client for it, once the API answers."""
    port = free_port()
    async with (
        part("api", stage, database_url, temporal_address, CADENZA_API_PORT=str(port), **settings) as process,
        httpx.AsyncClient(
            base_url=f"http://{LOOPBACK}:{port}",
            headers={"Authorization": f"Bearer {key}"},
            trust_env=False,
            timeout=30,
        ) as http,
    ):

        async def answers() -> bool:
            try:
                return (await http.get("/readyz")).is_success
            except httpx.TransportError:
                return False

        await stage.until(answers, "the API answers", READY_SECONDS)
        yield process, http


async def enroll(http: httpx.AsyncClient, sequence_id: UUID, lead_id: UUID) -> httpx.Response:
    body = {"sequence_id": str(sequence_id), "lead_ids": [str(lead_id)]}
    return await http.post("/leads/enroll-in-sequence", json=body, headers={"Idempotency-Key": str(lead_id)})


async def enrollments(stage: Stage, lead_id: UUID) -> list[Any]:
    return await stage.query("SELECT id, status FROM lead_sequence_state WHERE lead_id = :id", id=lead_id)


async def is_known_to_temporal(stage: Stage, enrollment_id: UUID) -> bool:
    try:
        await stage.handle(enrollment_id).describe()
    except RPCError:
        return False
    return True


@pytest.mark.parametrize(
    ("point", "leased", "known"),
    [
        (FaultPoint.BETWEEN_COMMIT_AND_DISPATCH, False, False),
        (FaultPoint.BETWEEN_CLAIM_AND_DELIVERY, True, False),
        (FaultPoint.BETWEEN_DISPATCH_AND_SETTLE, True, True),
    ],
)
async def test_the_start_is_delivered_after_the_api_died(
    stage: Stage,
    migrated_postgres: EmbeddedPostgres,
    temporal_server: EmbeddedTemporal,
    point: FaultPoint,
    leased: bool,
    known: bool,
) -> None:
    servers = (migrated_postgres.app_url, temporal_server.address)
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="Test", scopes=["write"])).key
    async with api(stage, key, *servers, **armed(point)) as (process, http):
        with suppress(httpx.TransportError):  # The API may die before it can respond.
            await enroll(http, sequence, lead)
        await has_died(process)
    (enrollment,) = await enrollments(stage, lead)
    (word,) = await stage.query("SELECT leased_until IS NOT NULL AS leased FROM outbox")
    assert (word.leased, await is_known_to_temporal(stage, enrollment.id)) == (leased, known)
    # The lease of a dead dispatcher ends after a minute. Simulate that a minute has passed.
    await stage.query_write("UPDATE outbox SET leased_until = now() WHERE leased_until IS NOT NULL")
    async with api(stage, key, *servers) as (_, http):
        again = await enroll(http, sequence, lead)
        assert again.is_success, "a client without a response repeats its request with the same key"
        assert (await http.post("/sequences/process-queue")).is_success
        await stage.until_status(enrollment.id, "completed", within_seconds=PATIENCE_SECONDS)
    assert len(await enrollments(stage, lead)) == 1
    assert await stage.query("SELECT 1 FROM outbox") == []
    assert await stage.subjects_to(lead) == ["Hello Acme"]
    assert await stage.handle(enrollment.id).result() == "completed"


async def test_an_enrollment_by_an_action_starts_after_its_worker_died(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    servers = (migrated_postgres.app_url, temporal_server.address)
    await stage.stop_worker()
    nurture = await stage.sequence([EMAIL])
    first = await stage.sequence([move(await campaign(stage, nurture), stop_current=False)])
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(first, lead)
    async with part("worker", stage, *servers, **armed(FaultPoint.BETWEEN_COMMIT_AND_DISPATCH)) as worker:
        await has_died(worker)
    (other,) = [one for one in await enrollments(stage, lead) if one.id != enrollment]
    assert not await is_known_to_temporal(stage, other.id)
    async with part("worker", stage, *servers):
        await stage.parts.dispatcher.run_all()  # The scheduled pass that runs every minute.
        await stage.until_status(other.id, "completed", within_seconds=PATIENCE_SECONDS)
        assert await asyncio.wait_for(stage.handle(enrollment).result(), READY_SECONDS) == "completed"
    assert len(await enrollments(stage, lead)) == 2
    assert await stage.subjects_to(lead) == ["Hello Acme"]


async def test_another_worker_continues_a_pass_over_the_queue_after_a_death(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    """This takes seconds only: the next pass does not start before this one has ended."""
    servers = (migrated_postgres.app_url, temporal_server.address)
    await stage.stop_worker()
    lead = await stage.lead()
    (enrollment,) = await stage.enroll(await stage.sequence([EMAIL]), lead, dispatch=False)
    run = await stage.client.start_workflow(
        ProcessQueueWorkflow.run, id=f"process-queue-{enrollment}", task_queue=stage.task_queue
    )
    async with part("worker", stage, *servers, **armed(FaultPoint.BETWEEN_DISPATCH_AND_SETTLE)) as worker:
        await has_died(worker)
    async with part("worker", stage, *servers):
        await asyncio.wait_for(run.result(), PASS_SECONDS)
        # The worker may have died at another tenant's row while it held the lease on this one. Simulate that the lease
        # has ended and that a minute has passed.
        await stage.query_write("UPDATE outbox SET leased_until = now() WHERE leased_until IS NOT NULL")
        await stage.parts.dispatcher.run_all()
        await stage.until_status(enrollment, "completed", within_seconds=PATIENCE_SECONDS)
    assert await stage.subjects_to(lead) == ["Hello Acme"]
