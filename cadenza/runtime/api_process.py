"""`cadenza api`: runs the API in its own process. The settings say where its servers are."""

from collections.abc import Sequence
from contextlib import AsyncExitStack

from fastapi import FastAPI
from temporalio.client import Client, Interceptor

from api.app import AppConfig, create_app
from api.requests.rate_limit import RateLimit
from cadenza.maintenance.database_problems import database_problems_in_one_line
from cadenza.runtime.http_server import serve
from cadenza.runtime.temporal_client import connect_temporal, read_connect_config
from cadenza.runtime.temporal_sdk_runtime import temporal_runtime
from cadenza.runtime.tracing import traced
from cadenza.settings import Settings


async def serve_api(settings: Settings) -> None:
    """Serves requests until SIGTERM or Ctrl-C, then finishes those in progress.

    Raises `StartError` for invalid settings, a database that cannot be used, and a port that is in use.
    """
    settings.arm_fault_point()
    async with AsyncExitStack() as stack:
        app = build_app(settings, stack.enter_context(traced(settings)))
        with database_problems_in_one_line():
            await stack.enter_async_context(app.router.lifespan_context(app))
        await serve(app, settings.api_host, settings.api_port)


def build_app(settings: Settings, interceptors: Sequence[Interceptor] = ()) -> FastAPI:
    """Builds the API for the servers in the settings and in `TEMPORAL_*`. Raises `StartError`."""
    runtime = temporal_runtime(settings)
    temporal = read_connect_config()  # read here, so that an invalid file is reported at startup
    keys = settings.payload_ring()

    async def connect() -> Client:
        return await connect_temporal(keys, lazy=True, runtime=runtime, interceptors=interceptors)

    per_second = settings.rate_limit_per_second
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
        public_url=str(settings.public_url) if settings.public_url else None,
        rate_limit=RateLimit(per_second, settings.rate_limit_burst) if per_second else None,
        mail_allow_private=settings.mail_allow_private,
        webhook_allow_private=settings.webhook_allow_private,
    )
    return create_app(config, connect)
