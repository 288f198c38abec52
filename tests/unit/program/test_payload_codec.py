"""Encrypted payloads: a ring of keys, bound to their workflow, next to unencrypted payloads."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext

from cadenza.runtime.payload_codec import ENCODING, KEY_ID, WORKFLOW_ID, PayloadCodec, data_converter
from cadenza.runtime.payload_keys import PayloadKeys, PayloadUnreadable
from services.secret_box import new_key

OLD, NEW = new_key(), new_key()
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"step_key":"first-email"}')


def codec(*keys: str, workflow_id: str | None = "enrollment/1") -> PayloadCodec:
    return PayloadCodec(PayloadKeys(keys), workflow_id)


async def sealed(*keys: str, workflow_id: str | None = "enrollment/1") -> Payload:
    [payload] = await codec(*keys, workflow_id=workflow_id).encode([PLAIN])
    return payload


async def test_an_encrypted_payload_names_its_key_and_hides_its_content() -> None:
    payload, again = await sealed(OLD), await sealed(OLD)
    assert payload.metadata["encoding"] == ENCODING
    assert b"first-email" not in payload.SerializeToString() and b"json/plain" not in payload.SerializeToString()
    assert payload.data != again.data  # each has its own nonce
    assert payload.metadata[KEY_ID] == again.metadata[KEY_ID] != (await sealed(NEW)).metadata[KEY_ID]
    assert await codec(OLD).decode([payload]) == [PLAIN]


async def test_the_first_key_encrypts_and_every_key_decrypts() -> None:
    assert (await sealed(NEW, OLD)).metadata[KEY_ID] == (await sealed(NEW)).metadata[KEY_ID]
    assert await codec(NEW, OLD).decode([await sealed(OLD), PLAIN, await sealed(NEW)]) == [PLAIN] * 3


async def test_without_keys_nothing_is_encrypted_and_encrypted_payloads_are_refused() -> None:
    assert await codec().encode([PLAIN]) == [PLAIN]
    assert await codec().decode([PLAIN]) == [PLAIN]
    payload = await sealed(OLD)
    needed = payload.metadata[KEY_ID].decode()
    for keys in ((), (NEW,)):
        with pytest.raises(PayloadUnreadable, match=f"CADENZA_PAYLOAD_KEYS lacks the key {needed}"):
            await codec(*keys).decode([payload])


async def test_a_payload_of_one_workflow_cannot_be_decrypted_for_another() -> None:
    payload = await sealed(OLD)
    with pytest.raises(PayloadUnreadable, match="another workflow"):
        await codec(OLD, workflow_id="enrollment/2").decode([payload])
    payload.metadata[WORKFLOW_ID] = b"enrollment/2"  # whoever can write Temporal's database can change this, too
    with pytest.raises(PayloadUnreadable, match="damaged, or was encrypted for another"):
        await codec(OLD, workflow_id="enrollment/2").decode([payload])


@pytest.mark.parametrize("place", [0, 11, 12, -1])
async def test_a_changed_byte_is_detected_anywhere(place: int) -> None:
    payload = await sealed(OLD)
    data = bytearray(payload.data)
    data[place] ^= 1
    payload.data = bytes(data)
    with pytest.raises(PayloadUnreadable):
        await codec(OLD).decode([payload])


@pytest.mark.parametrize("length", [0, 5, 12, 27])
async def test_a_truncated_payload_is_refused(length: int) -> None:
    payload = await sealed(OLD)
    payload.data = payload.data[:length]
    with pytest.raises(PayloadUnreadable):
        await codec(OLD).decode([payload])


async def test_the_key_cannot_be_swapped_for_another_of_the_ring() -> None:
    payload = await sealed(OLD)
    payload.metadata[KEY_ID] = (await sealed(NEW)).metadata[KEY_ID]
    with pytest.raises(PayloadUnreadable):
        await codec(OLD, NEW).decode([payload])


async def test_workflow_activities_and_codec_server_decrypt_each_others_payloads() -> None:
    unbound = PayloadCodec(PayloadKeys([OLD]))
    of_workflow = unbound.with_context(WorkflowSerializationContext("default", "enrollment/1"))
    of_activity = unbound.with_context(
        ActivitySerializationContext("default", "1", "step.perform", "cadenza", "enrollment/1", "Enrollment", False)
    )
    for one, other in ((of_workflow, of_activity), (of_activity, of_workflow)):
        payloads = await one.encode([PLAIN])
        assert await other.decode(payloads) == await unbound.decode(payloads) == [PLAIN]


def test_keys_appear_in_no_text() -> None:
    assert OLD not in repr(PayloadKeys([OLD]))
    with pytest.raises(ValueError) as refused:
        PayloadKeys(["a-secret-that-is-no-key"])
    assert "a-secret" not in str(refused.value)


async def test_error_texts_are_encrypted_except_that_of_a_missing_key() -> None:
    failure = Failure()
    await data_converter(PayloadKeys([OLD])).encode_failure(ValueError("lead.custom.salary is empty"), failure)
    assert b"salary" not in failure.SerializeToString()
    read = await data_converter(PayloadKeys([OLD])).decode_failure(failure)
    assert "lead.custom.salary is empty" in str(read)
    missing_key = Failure()
    await data_converter(PayloadKeys([OLD])).encode_failure(PayloadUnreadable("lacks the key"), missing_key)
    assert missing_key.message == "lacks the key"
    plain = Failure()
    await data_converter(PayloadKeys()).encode_failure(ValueError("in the clear"), plain)
    assert plain.message == "in the clear"
