"""The API as an ASGI app. It reads no settings: the program that runs it passes them in as `AppConfig`."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from temporalio.client import Client

from api.app_context import AppContext
from api.config import AppConfig
from api.error_responses import ALWAYS, complete_openapi
from api.errors import install_error_handlers
from api.link_recorder import LinkRecorder
from api.pages.web_app import serve_web
from api.request_observability import RequestObservability
from api.requests.auth import bearer, cookie
from api.requests.rate_limit import RateLimiter, RateLimitHeaders
from api.requests.sign_in_attempts import SignInAttempts
from api.routers import batches, health, notifications
from api.routers import development as dev
from api.routers import dispatch as queue
from api.routers import webhooks as webhook_endpoints
from api.routers.access import api_keys, audit, session, sign_in, tenants, users
from api.routers.enrollments import enrollments
from api.routers.enrollments import steering as enrollment
from api.routers.inbound import mail as inbound
from api.routers.inbound import tracking
from api.routers.leads import campaigns, leads, suppression_list, suppressions
from api.routers.leads import importing as lead_import
from api.routers.mailboxes import mailboxes, sender_domains
from api.routers.sequences import analytics, preview, sequences, steps, versions
from api.routers.sequences import files as sequence_files
from db.schema_check import refuse_old_schema
from db.session import Database
from mail.capture.store import CaptureStore
from mail.links import TokenKey
from services.access.passwords import Passwords
from services.dispatch.dispatcher import Dispatcher
from services.observability.gauges import GaugesCollector
from services.webhooks.deliveries import WebhookDeliverer
from webhooks.client import WebhookClient
from workflows.gateway import Gateway

__all__ = ["AppConfig", "create_app"]

DESCRIPTION = """
Durable multi-touch lead sequences.

Every request except `/healthz`, `/readyz`, `/metrics`, links in mail and signed webhooks carries
`Authorization: Bearer <API key>`. A key belongs to one tenant. Browsers sign in (`POST /session`) and send a cookie
instead, together with `X-Cadenza-CSRF: 1` whenever they change something.

A client that sends too many requests gets 429 `rate_limited` with `Retry-After`. `RateLimit-Limit`,
`RateLimit-Remaining` and `RateLimit-Reset` (seconds) on every answer say how many requests are left.
Errors are RFC 9457 `application/problem+json` with a stable `code`. Lists are paged by `limit` and `cursor`.
POSTs that create or enroll accept `Idempotency-Key`. Times are RFC 3339 in UTC, durations ISO 8601.
"""

# Fixed paths (`/leads/import`) must be registered before paths with an ID in the same place (`/leads/{lead_id}`).
ROUTERS = (
    queue.router,
    sequence_files.router,
    preview.router,
    sequences.router,
    steps.router,
    analytics.router,
    versions.router,
    lead_import.router,
    enrollment.router,
    leads.router,
    enrollments.router,
    campaigns.router,
    batches.router,
    mailboxes.router,
    sender_domains.router,
    suppression_list.router,
    suppressions.router,
    session.router,
    users.router,
    notifications.router,
    tenants.router,
    api_keys.router,
    audit.router,
    webhook_endpoints.router,
)


def create_app(config: AppConfig, connect_temporal: Callable[[], Awaitable[Client]]) -> FastAPI:
    """Builds the app. `connect_temporal` is called when Temporal is first needed, and again until it answers.

    At startup the app raises UnsafeRole for a database role that row level security does not bind, OldSchema for a
    database that is not migrated, and the driver's error if Postgres cannot be reached. Temporal may be down:
    enrollments are stored and dispatched later.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        database = Database(config.database_url, ask_idle=True)
        gateway = Gateway(connect_temporal, config.task_queue)
        webhooks = WebhookClient(allow_private=config.webhook_allow_private)
        deliverer = WebhookDeliverer(database, webhooks)
        dispatcher = Dispatcher(database, gateway, deliverer)
        link_key = TokenKey(config.signing_key) if config.signing_key else None
        links = LinkRecorder(database, dispatcher.kick)
        outbox = CaptureStore(config.capture_dir) if config.capture_dir else None
        rates = RateLimiter(config.rate_limit) if config.rate_limit else None
        try:
            await database.refuse_unsafe_role()
            await refuse_old_schema(database)
            gauges = GaugesCollector(database)
            app.state.context = AppContext(
                config,
                database,
                gateway,
                dispatcher,
                webhooks,
                link_key,
                links,
                outbox,
                rates,
                gauges,
                Passwords(),
                SignInAttempts(),
            )
            yield
        finally:
            await dispatcher.aclose()
            await deliverer.aclose()
            await webhooks.aclose()
            await database.aclose()

    app = FastAPI(
        title="Cadenza",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        # FastAPI's own pages load scripts from a public CDN. The web app serves `/docs` instead.
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        # A path with one slash too many gives 404. A redirect would drop the body of a POST.
        redirect_slashes=False,
    )
    app.add_middleware(RequestObservability)
    install_error_handlers(app)
    if config.rate_limit is not None:
        app.add_middleware(RateLimitHeaders)
    app.include_router(health.router)
    app.include_router(tracking.router)
    app.include_router(sign_in.router)
    if config.inbound_webhook_secret is not None:
        app.include_router(inbound.router)
    app.include_router(_with_key(config))
    complete_openapi(app)
    if config.web_dir is not None:
        serve_web(app, config.web_dir)
    return app


def _with_key(config: AppConfig) -> APIRouter:
    """Every route that needs an API key or a session."""
    guarded = APIRouter(dependencies=[Depends(bearer), Depends(cookie)], responses=ALWAYS)
    for router in (*ROUTERS, *((dev.router,) if config.dev else ())):
        guarded.include_router(router)
    return guarded


def _operation_id(route: APIRoute) -> str:
    return route.name
