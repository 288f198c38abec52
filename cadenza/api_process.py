"""`cadenza api`: the API in a process of its own, told by the settings where its servers are."""

import signal
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from types import FrameType

import uvicorn
from fastapi import FastAPI
from temporalio.client import Client, Interceptor

from api.app import AppConfig, create_app
from cadenza.database_problems import database_problems_in_one_line
from cadenza.lifeline import tell_ready
from cadenza.settings import Settings
from cadenza.telemetry import temporal_runtime
from cadenza.temporal_client import connect_temporal, read_connect_config
from cadenza.tracing import traced

DRAIN_SECONDS = 5
"""How long requests that are under way at SIGTERM may take to be answered."""


async def serve_api(settings: Settings) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish those under way.

    Raises `StartError` for settings that cannot work, a database that cannot be used and a port that is taken.
    """
    settings.arm_fault_point()
    async with AsyncExitStack() as stack:
        app = build_app(settings, stack.enter_context(traced(settings)))
        await _serve(settings, app, stack)


async def _serve(settings: Settings, app: FastAPI, stack: AsyncExitStack) -> None:
    config = uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        lifespan="off",  # entered here, so that what keeps it from starting is said in one line
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    # uvicorn sends itself the ending signal once more when it is done; for us that is the ordinary end.
    for signal_ in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_, _ignore)
    with database_problems_in_one_line():
        await stack.enter_async_context(app.router.lifespan_context(app))
    await _Server(config).serve()


def build_app(settings: Settings, interceptors: Sequence[Interceptor] = ()) -> FastAPI:
    """The API over the servers that the settings and `TEMPORAL_*` name. Raises `StartError`."""
    runtime = temporal_runtime(settings)
    temporal = read_connect_config()  # also so that what cannot be read is said at the start

    async def connect() -> Client:
        return await connect_temporal(lazy=True, runtime=runtime, interceptors=interceptors)

    secret, key = settings.inbound_webhook_secret, settings.signing_key
    config = AppConfig(
        database_url=settings.app_database_url(),
        task_queue=settings.task_queue,
        dev=settings.dev,
        capture_dir=settings.capture_dir,
        web_dir=settings.web_dir if (settings.web_dir / "index.html").is_file() else None,
        temporal_ui_url=settings.temporal_ui_url,
        temporal_namespace=temporal.get("namespace", "default"),
        inbound_webhook_secret=secret.get_secret_value() if secret else None,
        signing_key=key.get_secret_value() if key else None,
        secrets=settings.secret_box(),
        mail_allow_private=settings.mail_allow_private,
        webhook_allow_private=settings.webhook_allow_private,
    )
    return create_app(config, connect)


class _Server(uvicorn.Server):
    """Says so when it answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            tell_ready()


def _ignore(number: int, frame: FrameType | None) -> None:
    return
