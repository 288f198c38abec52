"""The mail capture: a message that was answered with 250 is stored byte for byte; one that cannot be stored is
refused."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import aiosmtplib
import pytest

from cadenza.embedded.capture import Capture, session_of
from mail.capture.store import CaptureStore


@pytest.fixture
async def outbox(tmp_path: Path) -> CaptureStore:
    return CaptureStore(tmp_path / "outbox")


@pytest.fixture
async def port(outbox: CaptureStore) -> AsyncGenerator[int, None]:
    handler = Capture(outbox)
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: session_of(handler), "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_message_is_stored_unchanged(outbox: CaptureStore, port: int) -> None:
    raw = b"Subject: dots\r\n\r\n.\r\n..leading\r\n8bit \xc3\xbc\r\n"
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
        _, said = await smtp.sendmail(
            "a@x.example", ["b@x.example", "c@x.example"], raw, mail_options=["BODY=8BITMIME"]
        )
    (kept,) = outbox.list(10)
    assert kept.id in said
    assert outbox.raw(kept.id) == raw
    assert (kept.envelope_from, kept.to) == ("a@x.example", ["b@x.example", "c@x.example"])


async def test_concurrent_messages_are_all_stored(outbox: CaptureStore, port: int) -> None:
    async def send(number: int) -> None:
        raw = f"Subject: {number}\r\n\r\n"
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
            await smtp.sendmail("a@x.example", ["b@x.example"], raw)

    await asyncio.gather(*(send(number) for number in range(50)))
    assert {kept.subject for kept in outbox.list(100)} == {str(number) for number in range(50)}


async def test_a_message_that_cannot_be_stored_is_refused_temporarily(
    outbox: CaptureStore, port: int, tmp_path: Path
) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await smtp.sendmail("a@x.example", ["b@x.example"], b"Subject: x\r\n\r\n")
    assert refused.value.code == 451
