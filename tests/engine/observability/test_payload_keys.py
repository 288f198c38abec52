"""With keys, Temporal keeps nothing that it can read; leads sleep through new keys, and through a missing one."""

import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import EventType

from cadenza.embedded.postgres import EmbeddedPostgres
from cadenza.embedded.temporal_server import EmbeddedTemporal
from cadenza.runtime.codec_server import codec_app
from cadenza.runtime.payload_codec import ENCODING, KEY_ID
from cadenza.runtime.payload_keys import PayloadKeys
from services.secret_box import new_key
from tests.part_process import part
from tests.stage import Stage
from tests.stage import stage as set_up

OLD, NEW = new_key(), new_key()
STEPS = [
    {"key": "a-telling-key", "type": "email", "config": {"subject": "One", "body_text": "Hi"}},
    {"key": "a-long-rest", "type": "delay", "config": {"days": 3}},
    {"key": "last-words", "type": "email", "config": {"subject": "Two", "body_text": "Hi"}},
]
# What a plain history holds of the inputs, the results and the summaries of such a lead.
TELLING = (b"a-telling-key", b"a-long-rest", b"revision", b"enrollment_id", b"Cold outreach")


@pytest.fixture
async def sealed_stage(
    migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> AsyncGenerator[Stage, None]:
    async with set_up(migrated_postgres.app_url, temporal_server.address, PayloadKeys([OLD])) as one:
        yield one


async def raw_history(stage: Stage, enrollment_id: UUID) -> Any:
    """As Temporal gives it to anybody who asks."""
    return await stage.handle(enrollment_id).fetch_history()


async def raw_bytes(stage: Stage, enrollment_id: UUID) -> bytes:
    return b"".join(event.SerializeToString() for event in (await raw_history(stage, enrollment_id)).events)


def payloads_of(message: Message) -> Iterator[Payload]:
    """All of it but the search attributes, which are IDs that Temporal must be able to compare."""
    for field, value in message.ListFields():
        if field.message_type is None or field.name == "search_attributes":
            continue
        several = value if field.is_repeated else [value]
        if field.message_type.GetOptions().map_entry:
            of_map = field.message_type.fields_by_name["value"].message_type
            several = list(value.values()) if of_map is not None else []
        for one in several:
            if isinstance(one, Payload):
                yield one
            else:
                yield from payloads_of(one)


async def payloads(stage: Stage, enrollment_id: UUID) -> list[Payload]:
    return [one for event in (await raw_history(stage, enrollment_id)).events for one in payloads_of(event)]


async def whole_life(stage: Stage) -> UUID:
    [enrollment_id] = await stage.enroll(await stage.sequence(STEPS), await stage.lead())
    await stage.until_sent(1)
    await stage.forward(days=3)
    await stage.until_status(enrollment_id, "completed")
    await stage.handle(enrollment_id).result()
    return enrollment_id


async def test_a_history_holds_nothing_that_temporal_could_read(stage: Stage, sealed_stage: Stage) -> None:
    plain = await raw_bytes(stage, await whole_life(stage))
    assert [one for one in TELLING if one not in plain] == []  # or the test would have no power
    enrollment_id = await whole_life(sealed_stage)
    sealed = await raw_bytes(sealed_stage, enrollment_id)
    assert [one for one in TELLING if one in sealed] == []
    found = await payloads(sealed_stage, enrollment_id)
    assert len(found) >= 8
    assert {one.metadata["encoding"] for one in found} == {ENCODING}


async def test_an_errors_text_is_sealed_too_and_reaches_postgres(sealed_stage: Stage) -> None:
    email = {"key": "only", "type": "email", "config": {"subject": "Hi {{custom.salary}}", "body_text": "Hi"}}
    [enrollment_id] = await sealed_stage.enroll(await sealed_stage.sequence([email]), await sealed_stage.lead())
    failed = await sealed_stage.until_status(enrollment_id, "failed")
    assert "salary" in failed.error
    assert b"salary" not in await raw_bytes(sealed_stage, enrollment_id)


async def test_the_codec_server_gives_back_the_plain_inputs(sealed_stage: Stage) -> None:
    enrollment_id = await whole_life(sealed_stage)
    found = await payloads(sealed_stage, enrollment_id)
    app = codec_app(PayloadKeys([OLD]), key=None, ui_url=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
        answer = await http.post("/codec/decode", json=MessageToDict(Payloads(payloads=found)))
    assert answer.status_code == 200
    assert answer.json() == MessageToDict(
        Payloads(payloads=await sealed_stage.client.data_converter.payload_codec.decode(found))
    )
    [started] = await sealed_stage.client.data_converter.payload_codec.decode(found[:1])
    assert json.loads(started.data)["enrollment_id"] == str(enrollment_id)


async def asleep(stage: Stage) -> UUID:
    """A lead that has had its first email."""
    [enrollment_id] = await stage.enroll(await stage.sequence(STEPS), await stage.lead())
    await stage.until_sent(1)
    await stage.until_status(enrollment_id, "active")
    await stage.stop_worker()
    return enrollment_id


async def test_leads_sleep_through_a_change_of_keys(
    sealed_stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    enrollment_id = await asleep(sealed_stage)
    servers = (sealed_stage, migrated_postgres.app_url, temporal_server.address)
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=f"{NEW},{OLD}"):
        await sealed_stage.forward(days=3)
        await sealed_stage.until_status(enrollment_id, "completed", within_seconds=120)
    keys = [one.metadata[KEY_ID] for one in await payloads(sealed_stage, enrollment_id)]
    assert len(set(keys)) == 2
    assert len(sealed_stage.sink.received) == 2


async def test_a_lead_that_began_in_the_clear_goes_on_sealed(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    enrollment_id = await asleep(stage)
    servers = (stage, migrated_postgres.app_url, temporal_server.address)
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=NEW):
        await stage.forward(days=3)
        await stage.until_status(enrollment_id, "completed", within_seconds=120)
    encodings = {one.metadata["encoding"] for one in await payloads(stage, enrollment_id)}
    assert encodings == {b"json/plain", ENCODING}


@pytest.mark.parametrize("keys", ["", NEW], ids=["no key", "another key"])
async def test_a_missing_key_loses_nobody(
    sealed_stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, keys: str
) -> None:
    enrollment_id = await asleep(sealed_stage)
    servers = (sealed_stage, migrated_postgres.app_url, temporal_server.address)

    async def refused() -> bool:
        failures = [
            event.workflow_task_failed_event_attributes.failure.message
            for event in (await raw_history(sealed_stage, enrollment_id)).events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
        ]
        return any("CADENZA_PAYLOAD_KEYS lacks the key" in one for one in failures)

    lead_id = (await sealed_stage.state(enrollment_id)).lead_id
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=keys):
        # A signal gives the worker a task: it must neither lose it nor act without it.
        await sealed_stage.pause(lead_id)
        await sealed_stage.until(refused, "the task fails, and says why", within_seconds=120)
    assert (await sealed_stage.state(enrollment_id)).status == "paused"
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=OLD):
        await sealed_stage.resume(lead_id)
        await sealed_stage.forward(days=3)
        await sealed_stage.until_status(enrollment_id, "completed", within_seconds=180)
    assert len(sealed_stage.sink.received) == 2
