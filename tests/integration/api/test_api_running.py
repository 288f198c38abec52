"""The API with real Temporal, a worker and a mail server."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from services.access.api_keys import create_key
from tests.integration.api.client import DELAY, EMAIL, Tenant, client_of
from tests.stage import Stage
from tests.stage import stage as set_up

FOLLOW_UP = {
    "key": "follow-up",
    "type": "email",
    "config": {"body_text": "Just circling back", "reply_in_thread": True},
}


@dataclass
class Running:
    """The servers and worker of a test, and a tenant's client of the API."""

    stage: Stage
    tenant: Tenant


@pytest.fixture
async def running(migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal) -> AsyncGenerator[Running]:
    async with set_up(migrated_postgres.app_url, temporal_server.address) as stage:

        async def connect() -> Client:
            return stage.client

        app = create_app(AppConfig(migrated_postgres.app_url, task_queue=stage.task_queue, dev=True), connect)
        async with stage.database.write(stage.tenant_id) as session:
            key = (await create_key(session, name="Test", scopes=["admin"])).key
        async with app.router.lifespan_context(app), client_of(app, key) as http:
            yield Running(stage, Tenant(stage.tenant_id, http, stage.database))


async def test_the_api_is_ready(running: Running) -> None:
    assert await running.tenant.call("GET", "/readyz") == {"status": "ok"}


async def test_a_lead_completes_its_sequence(running: Running) -> None:
    tenant, stage = running.tenant, running.stage
    sequence_id = await tenant.sequence([EMAIL, DELAY, FOLLOW_UP], active=True)
    lead_id = await tenant.lead()
    await tenant.enroll(sequence_id, lead_id)
    await stage.until_sent(1)
    enrollment_id = (await tenant.state(lead_id))["id"]
    moved = (await tenant.call("POST", "/dev/fast-forward", json={"by": "P1D", "enrollment_id": enrollment_id}))[
        "moved"
    ]
    assert [one["enrollment_id"] for one in moved] == [enrollment_id]
    ahead = datetime.fromisoformat(moved[0]["now"]) - datetime.now(UTC)
    assert timedelta(hours=23) < ahead < timedelta(hours=25)
    state = await tenant.state(lead_id)
    assert (state["status"], state["current_step"]["key"], state["emails_sent"]) == ("active", "wait", 1)
    await tenant.call("POST", "/dev/fast-forward", json={"by": "P3D"})
    await stage.until_sent(2)
    state = await tenant.state(lead_id)
    assert (state["status"], state["emails_sent"], state["current_step"]) == ("completed", 2, None)
    sequence = await tenant.call("GET", f"/sequences/{sequence_id}")
    assert (sequence["enrolled_count"], sequence["active_count"], sequence["completed_count"]) == (1, 0, 1)
    events = [one["event"] for one in (await tenant.call("GET", f"/leads/{lead_id}/timeline"))["items"]]
    assert events.count("email_sent") == 2


async def test_the_workflow_of_an_erased_lead_ends(running: Running) -> None:
    tenant, stage = running.tenant, running.stage
    sequence_id, lead_id = await tenant.sequence([DELAY, EMAIL], active=True), await tenant.lead()
    enrolled = await tenant.enroll(sequence_id, lead_id)
    handle = stage.handle(enrolled["enrolled"][0]["enrollment_id"])
    await tenant.call("POST", "/sequences/process-queue")
    await tenant.call("DELETE", f"/leads/{lead_id}", 204)

    async def closed() -> bool:
        return (await handle.describe()).status == WorkflowExecutionStatus.COMPLETED

    await stage.until(closed, "the workflow has ended")
    assert stage.sink.received == []
