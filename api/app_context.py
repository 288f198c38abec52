"""The objects that a running API shares between requests. `create_app` creates them once in its lifespan."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from api.config import AppConfig
from api.link_recorder import LinkRecorder
from api.requests.rate_limit import RateLimiter
from api.requests.sign_in_attempts import SignInAttempts
from db.session import Database
from mail.capture.store import CaptureStore
from mail.links import TokenKey
from services.access.passwords import Passwords
from services.dispatch.dispatcher import Dispatcher
from services.observability.gauges import GaugesCollector
from webhooks.client import WebhookClient
from workflows.gateway import Gateway


@dataclass(frozen=True, slots=True)
class AppContext:
    config: AppConfig
    database: Database
    gateway: Gateway
    dispatcher: Dispatcher
    webhooks: WebhookClient
    link_key: TokenKey | None
    """Verifies the tokens of links in mail; None if there is no signing key."""
    links: LinkRecorder
    """Records their opens and clicks."""
    outbox: CaptureStore | None
    """The captured mail (development); None if mail is not captured."""
    rates: RateLimiter | None
    """Counts the requests of each API key and user; None if there is no limit."""
    gauges: GaugesCollector
    passwords: Passwords
    attempts: SignInAttempts


def app_context(connection: HTTPConnection) -> AppContext:
    return connection.app.state.context
