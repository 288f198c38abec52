"""With payload keys, Temporal stores nothing that it can read. Leads survive a change of keys and a missing key."""

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
# What an unencrypted history shows of such a lead's inputs, results and summaries.
PLAINTEXT_MARKS = (b"a-telling-key", b"a-long-rest", b"revision", b"enrollment_id", b"Cold outreach")


@pytest.fixture
async def sealed_stage(
    migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> AsyncGenerator[Stage, None]:
    async with set_up(migrated_postgres.app_url, temporal_server.address, PayloadKeys([OLD])) as one:
        yield one


async def raw_history(stage: Stage, enrollment_id: UUID) -> Any:
    """Returns the history as Temporal gives it to any client."""
    return await stage.handle(enrollment_id).fetch_history()


async def raw_bytes(stage: Stage, enrollment_id: UUID) -> bytes:
    return b"".join(event.SerializeToString() for event in (await raw_history(stage, enrollment_id)).events)


def payloads_of(message: Message) -> Iterator[Payload]:
    """Returns all payloads except the search attributes, which are IDs that Temporal must be able to compare."""
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


async def test_temporal_can_read_no_payload_of_a_history(stage: Stage, sealed_stage: Stage) -> None:
    plain = await raw_bytes(stage, await whole_life(stage))
    assert [one for one in PLAINTEXT_MARKS if one not in plain] == []  # Without this the test would prove nothing.
    enrollment_id = await whole_life(sealed_stage)
    sealed = await raw_bytes(sealed_stage, enrollment_id)
    assert [one for one in PLAINTEXT_MARKS if one in sealed] == []
    found = await payloads(sealed_stage, enrollment_id)
    assert len(found) >= 8
    assert {one.metadata["encoding"] for one in found} == {ENCODING}


async def test_an_error_text_is_encrypted_in_temporal_and_readable_in_postgres(sealed_stage: Stage) -> None:
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


async def sleeping_lead(stage: Stage) -> UUID:
    """Returns a lead that has been sent its first email."""
    [enrollment_id] = await stage.enroll(await stage.sequence(STEPS), await stage.lead())
    await stage.until_sent(1)
    await stage.until_status(enrollment_id, "active")
    await stage.stop_worker()
    return enrollment_id


async def test_sleeping_leads_survive_a_change_of_keys(
    sealed_stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    enrollment_id = await sleeping_lead(sealed_stage)
    servers = (sealed_stage, migrated_postgres.app_url, temporal_server.address)
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=f"{NEW},{OLD}"):
        await sealed_stage.forward(days=3)
        await sealed_stage.until_status(enrollment_id, "completed", within_seconds=120)
    keys = [one.metadata[KEY_ID] for one in await payloads(sealed_stage, enrollment_id)]
    assert len(set(keys)) == 2
    assert len(sealed_stage.sink.received) == 2


async def test_an_unencrypted_enrollment_continues_encrypted(
    stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal
) -> None:
    enrollment_id = await sleeping_lead(stage)
    servers = (stage, migrated_postgres.app_url, temporal_server.address)
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=NEW):
        await stage.forward(days=3)
        await stage.until_status(enrollment_id, "completed", within_seconds=120)
    encodings = {one.metadata["encoding"] for one in await payloads(stage, enrollment_id)}
    assert encodings == {b"json/plain", ENCODING}


@pytest.mark.parametrize("keys", ["", NEW], ids=["no key", "another key"])
async def test_a_missing_key_loses_no_lead(
    sealed_stage: Stage, migrated_postgres: EmbeddedPostgres, temporal_server: EmbeddedTemporal, keys: str
) -> None:
    enrollment_id = await sleeping_lead(sealed_stage)
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
        # A signal gives the worker a task. Without the key it must neither lose the signal nor act on it.
        await sealed_stage.pause(lead_id)
        await sealed_stage.until(refused, "the workflow task fails with a reason", within_seconds=120)
    assert (await sealed_stage.state(enrollment_id)).status == "paused"
    async with part("worker", *servers, CADENZA_PAYLOAD_KEYS=OLD):
        await sealed_stage.resume(lead_id)
        await sealed_stage.forward(days=3)
        await sealed_stage.until_status(enrollment_id, "completed", within_seconds=180)
    assert len(sealed_stage.sink.received) == 2
