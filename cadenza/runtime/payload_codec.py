"""The codec for what Temporal stores: encrypted if there are keys, unchanged if there are none.

An encrypted payload says so itself (its `encoding`, key and workflow), so histories may hold both kinds. The codec is
also installed without keys: encrypted payloads are then refused before a workflow sees them, and the workflow task is
retried until the key is back. The SDK's own converter would drop a signal that it cannot read.
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
    """`workflow_id` is the workflow of the payloads; None if it is not known, as in the codec server."""

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
            raise PayloadUnreadable("it was encrypted for another workflow")
        try:
            return Payload.FromString(self._keys.open(Sealed(key_id, payload.data), workflow_id))
        except DecodeError:
            raise PayloadUnreadable("the decrypted data is not a payload") from None


class SealedFailures(DefaultFailureConverter):
    """Encrypts the texts and stack traces of errors. An error about a missing key stays readable without a key."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)
        self._plain = DefaultFailureConverter()

    def to_failure(self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure) -> None:
        converter = self._plain if _key_is_missing(exception) else super()
        converter.to_failure(exception, payload_converter, failure)


def data_converter(keys: PayloadKeys) -> DataConverter:
    """The converter of every Temporal client. Without keys, it writes the same bytes as a client without a codec."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=PayloadCodec(keys),
        failure_converter_class=SealedFailures if keys else DefaultFailureConverter,
    )


def _key_is_missing(error: BaseException | None) -> bool:
    return isinstance(error, PayloadUnreadable) or (error is not None and _key_is_missing(error.__cause__))
