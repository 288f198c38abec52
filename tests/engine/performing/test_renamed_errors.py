"""No class name is data: rename every error class, and what is stored, retried and answered stays the same."""

from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from api.app import AppConfig, create_app
from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.reference.errors import problem_classes
from services.access.api_keys import create_key
from tests.stage import Stage

EMAIL = {"key": "only", "type": "email", "config": {"subject": "Hello", "body_text": "Hi {{name}}"}}
ASK_PLAN = {"key": "ask", "type": "email", "config": {"subject": "Plan", "body_text": "How is {{custom.plan}}?"}}


@pytest.fixture
async def http(stage: Stage, migrated_postgres: EmbeddedPostgres) -> AsyncGenerator[httpx.AsyncClient]:
    async def connected() -> Client:
        return stage.client

    async with stage.database.write(stage.tenant_id) as session:
        key = (await create_key(session, name="Test", scopes=["read"])).key
    app = create_app(AppConfig(migrated_postgres.app_url, task_queue=stage.task_queue), connected)
    transport, headers = httpx.ASGITransport(app), {"Authorization": f"Bearer {key}"}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client,
    ):
        yield client


async def attempts_and_failures(stage: Stage, enrollment: UUID) -> tuple[int, list[tuple[str, bool]]]:
    """How often the step was tried; the type of each failure that Temporal keeps, and whether it ends the retries."""
    attempts, failures = 0, list[Any]()
    async for event in stage.handle(enrollment).fetch_history_events():
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            started = event.activity_task_started_event_attributes
            attempts = max(attempts, started.attempt)
            failures += [started.last_failure] if started.HasField("last_failure") else []
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            failures.append(event.activity_task_failed_event_attributes.failure)
    told = [one.application_failure_info for one in failures]
    return attempts, [(one.type, one.non_retryable) for one in told]


async def answer(http: httpx.AsyncClient, path: str) -> Any:
    return (await http.get(path)).json()


async def observed(stage: Stage, http: httpx.AsyncClient) -> dict[str, Any]:
    """What a step that is tried again, one that fails at once, and a refused request leave behind."""
    stage.sink.answers = ["451 4.7.1 greylisted, try later"]
    sequence, lead = await stage.sequence([EMAIL]), await stage.lead()
    (retried,) = await stage.enroll(sequence, lead)
    await stage.until_status(retried, "completed")
    sequence, lead = await stage.sequence([ASK_PLAN]), await stage.lead()
    (failed,) = await stage.enroll(sequence, lead)
    stored = (await stage.until_status(failed, "failed")).error
    [logged] = await stage.query(
        "SELECT detail FROM sequence_execution_log WHERE enrollment_id = :id AND event = 'failed'", id=failed
    )
    return {
        "retried": await attempts_and_failures(stage, retried),
        "failed": await attempts_and_failures(stage, failed),
        "stored": stored,
        "logged": logged.detail,
        "shown": (await answer(http, f"/enrollments/{failed}"))["error"],
        "explained": (await answer(http, f"/enrollments/{failed}/explain"))["reason"],
        "refused": await answer(http, f"/enrollments/{UUID(int=0)}"),
    }


@contextmanager
def renamed() -> Generator[None]:
    """Every error class has another name."""
    names = {one: (one.__name__, one.__qualname__) for one in problem_classes()}
    for number, one in enumerate(names):
        one.__name__ = one.__qualname__ = f"Renamed{number}"
    try:
        yield
    finally:
        for one, (name, qualified) in names.items():
            one.__name__, one.__qualname__ = name, qualified


async def test_renaming_every_error_class_changes_nothing(stage: Stage, http: httpx.AsyncClient) -> None:
    before = await observed(stage, http)
    with renamed():
        after = await observed(stage, http)
    assert after == before
    # And it is the code that stands in all of them.
    assert before["retried"] == (2, [("temporarily_refused", False)])
    assert before["failed"] == (1, [("merge_field_missing", True)])
    assert before["stored"].startswith("merge_field_missing: ")
    assert before["logged"] == {"error": before["stored"]}
    assert before["shown"] == before["explained"]["binds"]["error"] == before["stored"]
    assert before["refused"]["code"] == "not_found"


async def test_a_failure_that_an_older_version_stored_is_explained_alike(stage: Stage, http: httpx.AsyncClient) -> None:
    sequence, lead = await stage.sequence([ASK_PLAN]), await stage.lead()
    (enrollment,) = await stage.enroll(sequence, lead)
    await stage.until_status(enrollment, "failed")
    new = (await answer(http, f"/enrollments/{enrollment}/explain"))["reason"]
    await stage.query_write(
        "UPDATE lead_sequence_state SET error = replace(error, 'merge_field_missing', 'MergeFieldMissing')"
    )
    old = (await answer(http, f"/enrollments/{enrollment}/explain"))["reason"]
    assert old["binds"]["error"].startswith("MergeFieldMissing: ")
    assert old["binds"]["mend"] == new["binds"]["mend"]
    assert "Fill in the lead's field" in new["binds"]["mend"]
