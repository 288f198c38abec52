"""What Temporal is given to keep: sealed where there are keys, as it is where there are none.

A payload that was sealed says so itself (`encoding`, the key, the workflow), so that histories may hold both kinds. The
codec is there without keys too: what was sealed is then refused before a workflow sees it, and its task is tried again
until the key is back. The SDK's own converter would drop a signal that it cannot read.
"""

import dataclasses
from collections.abc import Sequence

from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverter,
    PayloadConverter,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.converter import PayloadCodec as TemporalCodec

from cadenza.runtime.payload_keys import PayloadKeys, PayloadUnreadable, Sealed

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
WORKFLOW_ID = "encryption-workflow-id"


class PayloadCodec(TemporalCodec, WithSerializationContext):
    """`workflow_id` is whose payloads these are; None where nobody knows, as in the codec server."""

    def __init__(self, keys: PayloadKeys, workflow_id: str | None = None) -> None:
        self._keys = keys
        self._workflow_id = workflow_id

    def with_context(self, context: SerializationContext) -> "PayloadCodec":
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            return PayloadCodec(self._keys, context.workflow_id)
        return PayloadCodec(self._keys)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._seal(payload) for payload in payloads] if self._keys else list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Raises PayloadUnreadable."""
        return [
            self._open(payload) if payload.metadata.get("encoding") == ENCODING else payload for payload in payloads
        ]

    def _seal(self, payload: Payload) -> Payload:
        workflow_id = self._workflow_id or ""
        sealed = self._keys.seal(payload.SerializeToString(), workflow_id)
        metadata = {"encoding": ENCODING, KEY_ID: sealed.key_id.encode(), WORKFLOW_ID: workflow_id.encode()}
        return Payload(metadata=metadata, data=sealed.data)

    def _open(self, payload: Payload) -> Payload:
        key_id, workflow_id = (
            payload.metadata.get(name, b"").decode("utf-8", "replace") for name in (KEY_ID, WORKFLOW_ID)
        )
        if workflow_id and self._workflow_id and workflow_id != self._workflow_id:
            raise PayloadUnreadable("it was sealed for another workflow")
        try:
            return Payload.FromString(self._keys.open(Sealed(key_id, payload.data), workflow_id))
        except DecodeError:
            raise PayloadUnreadable("what was sealed is no payload") from None


class SealedFailures(DefaultFailureConverter):
    """Texts and stacks of errors are sealed with the rest; but that a key is missing can be read without one."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)
        self._plain = DefaultFailureConverter()

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        converter = self._plain if _key_is_missing(exception) else super()
        converter.to_failure(exception, payload_converter, failure)


def data_converter(keys: PayloadKeys) -> DataConverter:
    """Of every client of Temporal. Without keys what is written is the same, byte for byte, as without a codec."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=PayloadCodec(keys),
        failure_converter_class=SealedFailures if keys else DefaultFailureConverter,
    )


def _key_is_missing(error: BaseException | None) -> bool:
    return isinstance(error, PayloadUnreadable) or (error is not None and _key_is_missing(error.__cause__))
