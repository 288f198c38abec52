"""Runs a web server in this process until SIGTERM or Ctrl-C, then finishes requests in progress."""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from cadenza.runtime.lifeline import tell_ready

DRAIN_SECONDS = 5
"""How long requests in progress at SIGTERM may take."""


async def serve(app: ASGIApp, host: str, port: int) -> None:
    """Returns after a signal to end. The caller runs the app's lifespan, so that an error in it is reported in one
    line."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    # uvicorn sends the ending signal to itself again when it is done. Here that is a normal end.
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, _ignore)
    await _ReportingServer(config).serve()


class _ReportingServer(uvicorn.Server):
    """Reports that it is ready once it answers requests."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            tell_ready()


def _ignore(number: int, frame: FrameType | None) -> None:
    return
