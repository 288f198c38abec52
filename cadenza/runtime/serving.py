"""A web server in this process: answers until SIGTERM or Ctrl-C, then finishes what is under way."""

import signal
import socket
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from cadenza.runtime.lifeline import tell_ready

DRAIN_SECONDS = 5
"""How long requests that are under way at SIGTERM may take to be answered."""


async def serve(app: ASGIApp, host: str, port: int) -> None:
    """Returns when it was told to end. The app's lifespan is the caller's affair, so that what keeps it from starting
    is said in one line."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    # uvicorn sends itself the ending signal once more when it is done; for us that is the ordinary end.
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, _ignore)
    await _Server(config).serve()


class _Server(uvicorn.Server):
    """Says so when it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            tell_ready()


def _ignore(number: int, frame: FrameType | None) -> None:
    return
