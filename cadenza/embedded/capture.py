"""`cadenza capture`: an SMTP server for development that stores every message and delivers none."""

import asyncio
import signal
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from cadenza.errors import StartError
from cadenza.runtime.lifeline import tell_ready
from mail.capture.store import CaptureStore

LARGEST_MESSAGE_BYTES = 50_000_000


class Capture:
    """aiosmtpd's handler. A message that was answered with 250 is on disk."""

    def __init__(self, store: CaptureStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        try:
            id_ = await asyncio.to_thread(self._store.save, envelope.mail_from or "", envelope.rcpt_tos, raw)
        except OSError as error:
            return f"451 4.3.0 not kept: {error.strerror}"
        return f"250 2.0.0 kept as {id_}"


async def serve_capture(directory: Path, host: str, port: int) -> None:
    """Accepts mail until SIGTERM or Ctrl-C. Raises `StartError` if it cannot listen on the port."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_, stopped.set)
    handler = Capture(CaptureStore(directory))
    try:
        server = await loop.create_server(lambda: session_of(handler), host, port)
    except OSError as error:
        raise StartError(f"the mail capture cannot listen on {host}:{port}: {error.strerror}") from error
    async with server:
        tell_ready()
        await stopped.wait()


def session_of(handler: Capture) -> SMTP:
    """Returns one SMTP session, which accepts any sender, any recipient and UTF-8."""
    return SMTP(handler, data_size_limit=LARGEST_MESSAGE_BYTES, enable_SMTPUTF8=True, decode_data=False)
