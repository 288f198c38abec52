"""Stores captured mail in one folder: one file for each message, byte for byte as it came over SMTP."""

import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

_ID = re.compile(r"\d{19}-[0-9a-f]{8}")


class _Envelope(BaseModel):
    """The SMTP envelope of a message. It has a file of its own, because the message is stored unchanged."""

    envelope_from: str
    rcpt_tos: list[str]


class CapturedMessage(BaseModel):
    """A parsed captured message. In JSON `sender` is called `from`."""

    model_config = ConfigDict(frozen=True)

    id: str
    message_id: str | None
    """The Message-ID header, with its angle brackets."""
    sender: str = Field(serialization_alias="from")
    """The address of the From header, without a name; the envelope sender if there is none."""
    to: list[str]
    """The envelope recipients: those who would have received it."""
    envelope_from: str
    subject: str
    headers: dict[str, str]
    """By name as written. A header that occurs several times has one value with a line for each."""
    text: str | None
    html: str | None
    raw: str
    """The message as text. Bytes that are not UTF-8 are replaced; `CaptureStore.raw` returns the original bytes."""
    received_at: datetime


class CaptureStore:
    """The captured mail in one folder. One process writes, any number read. Readers never see an incomplete message."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def save(self, envelope_from: str, rcpt_tos: Sequence[str], raw: bytes) -> str:
        """Stores a message durably and returns its ID. IDs sort by time of arrival."""
        self._directory.mkdir(parents=True, exist_ok=True)
        id_ = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
        envelope = _Envelope(envelope_from=envelope_from, rcpt_tos=list(rcpt_tos))
        # Write the message last: its file marks the pair as complete.
        self._write(f"{id_}.json", envelope.model_dump_json().encode())
        self._write(f"{id_}.eml", raw)
        folder = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return id_

    def get(self, id_: str) -> CapturedMessage | None:
        """Returns one message, or None if there is no message with that ID."""
        raw = self.raw(id_)
        return None if raw is None else _read(id_, self._envelope(id_), raw)

    def raw(self, id_: str) -> bytes | None:
        """Returns the original bytes of one message, or None if there is no message with that ID."""
        if not _ID.fullmatch(id_):
            return None
        try:
            return (self._directory / f"{id_}.eml").read_bytes()
        except FileNotFoundError:
            return None

    def _ids(self) -> Iterator[str]:
        try:
            names = os.listdir(self._directory)
        except FileNotFoundError:
            return
        yield from (name[:-4] for name in names if name.endswith(".eml") and _ID.fullmatch(name[:-4]))

    def _envelope(self, id_: str) -> _Envelope:
        return _Envelope.model_validate_json((self._directory / f"{id_}.json").read_bytes())

    def _write(self, name: str, content: bytes) -> None:
        fresh = self._directory / f".{name}.new"
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._directory / name)

    def list(self, limit: int, before: str | None = None) -> list[CapturedMessage]:
        """Returns up to `limit` messages, newest first; if `before` is given, only those that arrived before that
        message."""
        ids = sorted(self._ids(), reverse=True)
        wanted = [id_ for id_ in ids if before is None or id_ < before][:limit]
        return [message for id_ in wanted if (message := self.get(id_)) is not None]


def _read(id_: str, envelope: _Envelope, raw: bytes) -> CapturedMessage:
    message = message_from_bytes(raw)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers[name] = f"{headers[name]}\n{_decoded(value)}" if name in headers else _decoded(value)
    by_lower_name = {name.lower(): value for name, value in headers.items()}
    addresses = [address for _, address in getaddresses([by_lower_name.get("from", "")]) if address]
    return CapturedMessage(
        id=id_,
        message_id=by_lower_name.get("message-id"),
        sender=addresses[0] if addresses else envelope.envelope_from,
        to=envelope.rcpt_tos,
        envelope_from=envelope.envelope_from,
        subject=by_lower_name.get("subject", ""),
        headers=headers,
        text=_body(message, "text/plain"),
        html=_body(message, "text/html"),
        raw=raw.decode(errors="replace"),
        received_at=datetime.fromtimestamp(int(id_[:19]) / 1e9, UTC),
    )


def _decoded(value: object) -> str:
    """Returns a header's value on one line with its encoded words decoded (RFC 2047); undecoded if they are
    malformed."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", str(value))
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, ValueError):
        return unfolded


def _body(message: Message, content_type: str) -> str | None:
    """Returns the first part of that type which is not an attachment, with LF line ends; None if there is none."""
    for part in message.walk():
        if part.get_content_type() == content_type and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            return _text(content, part.get_content_charset("utf-8")).replace("\r\n", "\n")
    return None


def _text(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, errors="replace")
    except LookupError:  # an unknown charset
        return content.decode(errors="replace")
